#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""compile_commands.py DIRECTORY "COMMAND" FILE... - the JSON by which clangd knows how each file is compiled."""
import json
import sys

directory, command, *files = sys.argv[1:]
entries = [{'directory': directory, 'file': name, 'command': f'{command} -c {name}'} for name in files]
json.dump(entries, sys.stdout, indent=1)
print()
