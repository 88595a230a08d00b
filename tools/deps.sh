#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deps.sh [docs] - install what tools/packages.list names and the system lacks; with "docs" what `make docs` needs as well.
#
# Silent and quick when nothing is missing. On Debian and its children it calls apt-get, through sudo when not root;
# elsewhere it says what each package is for and leaves the names to the reader.
set -u
cd "$(dirname "$0")" || exit 1

missing=() why=()
while IFS='|' read -r package probe _ reason; do
	package=${package// /} probe=${probe// /}
	case $package in ''|\#*) continue ;; esac
	case $probe in
	/*) [ -e "$probe" ] ;;
	*) command -v "$probe" >/dev/null ;;
	esac && continue
	missing+=("$package") why+=("${reason# }")
done < <(cat packages.list; [ "${1:-}" = docs ] && cat packages-docs.list)

[ ${#missing[@]} -eq 0 ] && exit 0
echo "Missing:"
for i in "${!missing[@]}"; do printf '  %-24s %s\n' "${missing[i]}" "${why[i]}"; done
if ! command -v apt-get >/dev/null; then
	echo "This is not a Debian system: install what carries these names there, then try again."
	exit 1
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || { echo "Not root and no sudo: run  apt-get install ${missing[*]}  as root."; exit 1; }
	sudo=sudo
fi
export DEBIAN_FRONTEND=noninteractive
install() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; }
# The package lists of a fresh system are empty or old: fetch them when the first try finds a name missing.
install || { $sudo apt-get update -q && install; }
