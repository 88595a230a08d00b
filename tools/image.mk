# SPDX-License-Identifier: GPL-2.0-only
#
# tools/image.mk - what the kernel boots with: user programs, the initramfs, the ISO.

# ---- user space -----------------------------------------------------------------------------------------------------
# Each user/*.c is one static program; init goes to /init, the others to /bin.
MUSL_GCC ?= musl-gcc
USER_CFLAGS := -std=gnu11 -static -O2 -g0 -Wall -Wextra -ffile-prefix-map=$(CURDIR)=. -Wl,--build-id=none
USER_PROGRAMS := $(patsubst user/%.c,$(O)/user/%,$(sort $(wildcard user/*.c)))

$(O)/user/%: user/%.c tools/image.mk
	$(call say,MUSL,$@)
	@mkdir -p $(@D)
	$(Q)$(MUSL_GCC) $(USER_CFLAGS) -o $@ $<

# ---- initramfs ------------------------------------------------------------------------------------------------------
BUSYBOX ?= /bin/busybox
APPLETS := [ ash basename cat chmod clear cmp cp cut date dd df dirname dmesg du echo env expr false find grep head hexdump \
	hostname id kill ln ls md5sum mkdir mknod mkfifo more mount mv nproc od printenv printf ps pwd readlink realpath \
	reset rm rmdir sed seq sh sha256sum sleep sort stat stty sync tail tee test time top touch tr true tty umount uname \
	uniq usleep vi wc which whoami xargs yes
ROOTFS_DIRS := /bin /dev /proc /root:700 /sys /tmp:1777
ROOTFS_FILES := $(sort $(shell find user/rootfs -type f))

$(O)/initramfs.cpio: $(USER_PROGRAMS) $(ROOTFS_FILES) $(BUSYBOX) tools/mkinitramfs.py tools/image.mk
	$(call say,CPIO,$@)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/mkinitramfs.py $@ $(addprefix dir:,$(ROOTFS_DIRS)) node:/dev/console:c:5:1 tree:/=user/rootfs \
		file:/init=$(O)/user/init:755 file:/bin/busybox=$(BUSYBOX):755 \
		$(foreach p,$(filter-out init,$(notdir $(USER_PROGRAMS))),file:/bin/$(p)=$(O)/user/$(p):755) \
		$(foreach a,$(APPLETS),link:/bin/$(a)=busybox)

# ---- ISO ------------------------------------------------------------------------------------------------------------
# DEFAULT_APPEND is the command line in boot/grub.cfg; a run with other words gets an ISO of its own under O/run.
DEFAULT_APPEND := console=ttyS0 console=tty0 debugexit=0xf4
$(O)/primer.iso: $(O)/primer.elf $(O)/initramfs.cpio boot/grub.cfg tools/mkiso.sh
	$(call say,ISO,$@)
	$(Q)tools/mkiso.sh $@ $(O)/primer.elf $(O)/initramfs.cpio '$(DEFAULT_APPEND)'
