"""What a message is made of: the compiled mail, its templates, headers and layout."""
