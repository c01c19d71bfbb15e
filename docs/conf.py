"""The manual as a site: `make docs`. Pages are Markdown; those that follow from the program are made by generate.py."""

project = "nnspec"
html_title = "nnspec"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_static_path = ["static"]
html_js_files = ["copy.js"]
html_css_files = ["copy.css"]
smartquotes = False  # which makes dashes of the hyphens of options
myst_heading_anchors = 4  # links such as language.md#branches lead to headings, as in other readers of Markdown
html_copy_source = False
html_show_sphinx = False
# Keras's argument values and CoNLL lines are in languages that no highlighter knows.
suppress_warnings = ["misc.highlighting_failure"]
