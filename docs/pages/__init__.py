"""The pages of the manual that follow from the program: a file each, a function that gives the page's text."""
