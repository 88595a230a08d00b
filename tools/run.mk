# SPDX-License-Identifier: GPL-2.0-only
#
# tools/run.mk - start the machine: run, debug, gdb. tools/qemu.sh turns the variables into QEMU's options.

SMP ?= 2
MEM ?= 512M
FIRMWARE ?= bios
MACHINE ?= q35
ACCEL ?= tcg
DISPLAY_MODE ?=
INITRD ?= $(O)/initramfs.cpio
APPEND ?= $(DEFAULT_APPEND)
export SMP MEM FIRMWARE MACHINE ACCEL DISPLAY_MODE

# Words on the command line are added to those that make the run visible and let it end.
RUN_APPEND = $(if $(filter-out $(DEFAULT_APPEND),$(APPEND)),$(DEFAULT_APPEND) $(APPEND),$(DEFAULT_APPEND))
RUN_ISO = $(if $(filter-out $(DEFAULT_APPEND),$(APPEND))$(filter-out $(O)/initramfs.cpio,$(INITRD)),$(O)/run/primer.iso,$(O)/primer.iso)
GDB_SOCKET := $(abspath $(O))/run/gdb.sock

.PHONY: run debug gdb
# An ISO with this run's command line and initramfs; build/primer.iso stays as it is.
$(O)/run/primer.iso: $(O)/primer.elf $(INITRD) boot/grub.cfg tools/mkiso.sh FORCE
	@mkdir -p $(@D)
	$(call say,ISO,$@)
	$(Q)tools/mkiso.sh $@ $(O)/primer.elf $(INITRD) '$(subst ','\'',$(RUN_APPEND))'

run: $(RUN_ISO) ## boot the ISO through GRUB: SMP= MEM= FIRMWARE=bios|uefi MACHINE=q35|pc ACCEL= APPEND= INITRD= DISPLAY_MODE=
	$(Q)tools/qemu.sh iso $<

debug: $(O)/primer.elf $(INITRD) ## boot the ELF directly, stopped, and wait for `make gdb` (PORT=1234 for TCP)
	@mkdir -p $(O)/run
	$(Q)GDB=$(or $(PORT),$(GDB_SOCKET)) tools/qemu.sh elf $(O)/primer.elf $(INITRD) '$(subst ','\'',$(RUN_APPEND))'

gdb: ## attach gdb, with the helper commands of tools/gdb, to `make debug`
	$(Q)gdb -q $(O)/primer.elf -x tools/gdb/primer.py -ex 'target remote $(if $(PORT),:$(PORT),$(GDB_SOCKET))'
