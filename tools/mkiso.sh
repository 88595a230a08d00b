#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mkiso.sh OUT KERNEL INITRAMFS APPEND - one ISO that GRUB boots on BIOS and UEFI, as a CD and from a USB stick.
#
# grub-mkrescue succeeds even when half of what it needs is missing: without grub-pc-bin the image does not boot on BIOS,
# without grub-efi-amd64-bin or mtools not on UEFI, and it says nothing. So the result is asked for both boot entries
# before it gets its name. The clock stands still (faketime), because xorriso and mformat write times and a serial number
# made of the time into the image: the same input gives the same bytes.
set -eu
out=$1 kernel=$2 initramfs=$3 append=$4
here=$(dirname "$0")
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

grub-file --is-x86-multiboot2 "$kernel" || { echo "mkiso: $kernel has no Multiboot2 header" >&2; exit 1; }
mkdir -p "$stage/boot/grub"
cp "$kernel" "$stage/boot/primer.elf"
cp "$initramfs" "$stage/boot/initramfs.cpio"
# The command line goes in as GRUB words: quoted, so that no character of it is GRUB's.
quoted=
for word in $append; do quoted="$quoted \"$(printf '%s' "$word" | sed 's/["\\$]/\\&/g')\""; done
APPEND=$quoted awk '{ at = index($0, "@APPEND@"); if (at) print substr($0, 1, at - 1) substr(ENVIRON["APPEND"], 2); else print }' \
	"$here/../boot/grub.cfg" >"$stage/boot/grub/grub.cfg"
find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

log=$stage.log
if ! faketime -f '2024-01-01 00:00:00' grub-mkrescue --locales= --fonts= --themes= -o "$out.tmp" "$stage" >"$log" 2>&1; then
	cat "$log" >&2; rm -f "$log" "$out.tmp"; exit 1
fi
rm -f "$log"
report=$(xorriso -indev "$out.tmp" -report_el_torito plain 2>/dev/null)
for platform in BIOS UEFI; do
	grep -q "^El Torito boot img :.* $platform " <<<"$report" || {
		echo "mkiso: $out would not boot on $platform; 'make doctor' says which package is missing" >&2
		rm -f "$out.tmp"; exit 1
	}
done
mv "$out.tmp" "$out"
