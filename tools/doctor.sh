#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# doctor.sh - of each tool in tools/packages*.list: is it there, is it new enough, and what to type if not.
# Ends with 1 when something that the build or the tests need is missing or too old.
set -u
cd "$(dirname "$0")" || exit 1
bad=() docs_bad=()

# version PROBE - the first number with a dot that the tool says of itself
version() {
	case $1 in
	qemu-system-x86_64|gcc|ld|make|nasm|gdb|grub-mkrescue|*/python3|*/pytest-3|*/sphinx-build) "$1" --version 2>&1 ;;
	xorriso) xorriso -version 2>&1 ;;
	esac | grep -oE '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -1
}

check() {	# check LIST: prints a line each, adds to "bad"
	local package probe oldest reason found state
	while IFS='|' read -r package probe oldest reason; do
		package=${package// /} probe=${probe// /} oldest=${oldest// /}
		case $package in ''|\#*) continue ;; esac
		state=ok found=
		case $probe in /*) [ -e "$probe" ] ;; *) command -v "$probe" >/dev/null ;; esac || state=missing
		if [ $state = ok ] && [ "$oldest" != - ]; then
			found=$(version "$probe")
			[ "$(printf '%s\n' "$oldest" "$found" | sort -V | head -1)" = "$oldest" ] || state="older than $oldest"
		fi
		printf '%-24s %-10s %-16s %s\n' "$package" "$found" "$state" "${reason# }"
		[ "$state" = ok ] || bad+=("$package")
	done <"$1"
}

check packages.list
required=("${bad[@]}") bad=()
check packages-docs.list
docs_bad=("${bad[@]}")
if [ -c /dev/kvm ] && [ -w /dev/kvm ]; then echo "/dev/kvm is there: ACCEL=kvm may work. It is never used unasked."; fi
[ ${#docs_bad[@]} -eq 0 ] || echo "For make docs:  apt-get install ${docs_bad[*]}"
[ ${#required[@]} -eq 0 ] && { echo "Everything that the build and the tests need is there."; exit 0; }
echo "Needed:  make deps   (or apt-get install ${required[*]})"
exit 1
