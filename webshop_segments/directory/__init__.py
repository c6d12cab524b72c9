"""Who can be reached: the shop's partners and contacts, our subscribers, and one uniform SELECT of people."""
