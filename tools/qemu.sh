#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# qemu.sh iso IMAGE | qemu.sh elf KERNEL INITRD APPEND - one QEMU for people, with its serial port on this terminal.
#
# From the environment: SMP MEM FIRMWARE=bios|uefi MACHINE=q35|pc ACCEL=tcg|kvm DISPLAY_MODE=none|gtk|sdl|...; GDB=PORT or
# GDB=SOCKET stops the machine at its first instruction and listens there. QEMU_ARGS is added as it is.
#
# The isa-debug-exit device lets the guest end QEMU with a status of its own. 33 says "all went well" and becomes 0 here,
# so that make is content; 35 (PID 1 failed) and 37 (panic) stay what they are.
set -u
firmware=${FIRMWARE:-bios} display=${DISPLAY_MODE:-}
args=(-M "${MACHINE:-q35}" -accel "${ACCEL:-tcg}" -smp "${SMP:-1}" -m "${MEM:-512M}" -nic none -no-reboot
	-device isa-debug-exit,iobase=0xf4,iosize=0x04)
if [ "${ACCEL:-tcg}" = kvm ]; then args+=(-cpu host); else args+=(-cpu max); fi

case $1 in
iso) args+=(-cdrom "$2") ;;
elf) args+=(-kernel "$2" -initrd "$3" -append "$4") ;;
*) echo "qemu.sh: iso or elf, not $1" >&2; exit 2 ;;
esac

case $firmware in
bios) ;;
uefi)
	for ovmf in /usr/share/ovmf/OVMF.fd /usr/share/OVMF/OVMF_CODE.fd /usr/share/edk2/x64/OVMF.fd; do
		[ -f "$ovmf" ] && { args+=(-bios "$ovmf"); break; }
	done
	[[ " ${args[*]} " == *" -bios "* ]] || { echo "qemu.sh: no UEFI firmware: apt-get install ovmf" >&2; exit 2; } ;;
*) echo "qemu.sh: FIRMWARE is bios or uefi, not $firmware" >&2; exit 2 ;;
esac

# A window only where there is a screen to put it on, and a QEMU that can.
if [ -z "$display" ]; then
	display=none
	if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
		for kind in gtk sdl; do
			qemu-system-x86_64 -display help 2>/dev/null | grep -qx $kind && { display=$kind; break; }
		done
	fi
fi
args+=(-display "$display")
# On a terminal, Ctrl-C goes to the guest and Ctrl-A X ends QEMU.
if [ -t 0 ]; then args+=(-serial mon:stdio); else args+=(-serial stdio -monitor none); fi

if [ -n "${GDB:-}" ]; then
	if [[ $GDB =~ ^[0-9]+$ ]]; then args+=(-S -gdb "tcp::$GDB")
	else rm -f "$GDB"; args+=(-S -chardev "socket,path=$GDB,server=on,wait=off,id=gdb" -gdb chardev:gdb); fi
fi

# shellcheck disable=SC2086
qemu-system-x86_64 "${args[@]}" ${QEMU_ARGS:-}
status=$?
if [ $status -eq 33 ]; then exit 0; fi
exit $status
