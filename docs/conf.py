# SPDX-License-Identifier: GPL-2.0-only
"""conf.py - how Sphinx turns docs/ into the book: `make docs`."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '_ext'))

project = 'Primer'
author = 'The Primer authors'
copyright = author
language = 'en'

extensions = ['myst_parser', 'sphinx.ext.extlinks', 'sphinx.ext.graphviz', 'source']
source_suffix = {'.md': 'markdown'}
exclude_patterns = ['transcripts', '_ext', 'images']
myst_enable_extensions = ['deflist']
myst_heading_anchors = 3

# One tag of Linux, so that a link leads for ever to the lines that are meant.
LINUX = 'v5.10'
extlinks = {
    'linux': (f'https://elixir.bootlin.com/linux/{LINUX}/source/%s', '%s'),
    'ident': (f'https://elixir.bootlin.com/linux/{LINUX}/ident/%s', '%s'),
}

html_theme = 'furo'
html_title = 'Primer'
html_static_path = []
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
graphviz_output_format = 'svg'
smartquotes = False
# NASM's macros and the kernel's attribute words are more than the highlighters know; the text is right all the same.
suppress_warnings = ['misc.highlighting_failure']
