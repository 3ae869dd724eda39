"""A small bot that is called at every bar's close and answers with orders."""
