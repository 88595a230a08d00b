# SPDX-License-Identifier: GPL-2.0-only
#
# Makefile - the whole build in one make process: one dependency graph. (The tests' second kernel, of other flags, is a
# second make: debug-kernel in tools/check.mk.)
#
# A room is a folder; every .c and .asm below it is a part of the kernel, found by wildcard and sorted, so that the
# link order and with it the image never depend on a directory's order on disk. Each target that a person types has a
# "##" comment: `make help` prints those. The parts that are not about compiling stand in tools/*.mk.
#
#	sources --cc/nasm--> objects --ld--> kallsyms pass 1 --nm--> symbol table --ld--> primer.elf --grub--> primer.iso
#
# Variables: O=DIR (where the build goes), V=1 (show commands), DEBUG=1, WERROR=1, CROSS_COMPILE=, CC=clang.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL := /bin/bash

# `make deps ...` installs what is missing while make still reads this file, so that all below sees the new tools and
# `make -j deps test` needs no ordering of its own.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
ifeq ($(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),)
ifneq ($(shell tools/deps.sh >&2 && echo installed),installed)
$(error make deps: not everything could be installed, see above)
endif
endif
endif

MAKEFLAGS += --no-builtin-rules
O ?= build
# One name for one directory: O=build and O=$PWD/build are the same flags and the same targets.
override O := $(patsubst $(CURDIR)/%,%,$(abspath $(O)))
PYTHON := /usr/bin/python3
Q := $(if $(V),,@)
# One line for each file made; with V=1 the command itself, with -s nothing.
say = @$(if $(V)$(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),:,printf '  %-8s %s\n' $(1) $(2))
export SOURCE_DATE_EPOCH := 1704067200
export LC_ALL := C
export TZ := UTC

# ---- toolchain ------------------------------------------------------------------------------------------------------
ifeq ($(origin CROSS_COMPILE),undefined)
CROSS_COMPILE := $(patsubst %gcc,%,$(notdir $(firstword $(foreach c,x86_64-elf-gcc x86_64-linux-gnu-gcc,\
	$(shell command -v $(c))))))
endif
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin LD),default)
LD := $(CROSS_COMPILE)ld
endif
NM := $(CROSS_COMPILE)nm
NASM := nasm

# ---- rooms, from the ground to the roof; docs/map.md says what each is for -----------------------------------------
ROOMS := lib kernel/x86 kernel/printk kernel/trace kernel/locking mm/alloc kernel/irq kernel/time kernel/rcu sched \
	kernel/sync kernel/task kernel/kthread mm/vm fs drivers kernel/process kernel/debug kernel/entry kernel/init \
	boot tests
# Not part of the image: the offsets generator, and what runs on the host or in user space.
NOT_KERNEL := kernel/x86/asm-offsets.c tests/host/% tests/bench/% tests/user/%

room_sources = $(filter-out $(NOT_KERNEL),$(sort $(shell find $(1) -name '*.c' -o -name '*.asm' 2>/dev/null)))
# x.c becomes x.o and x.asm becomes x.asm.o, so that uaccess.c and uaccess.asm can stand side by side.
to_objects = $(patsubst %,$(O)/%.o,$(1:.c=))
SRCS := $(foreach r,$(ROOMS),$(call room_sources,$(r)))
OBJS := $(call to_objects,$(SRCS))

# ---- flags ----------------------------------------------------------------------------------------------------------
# Sources compiled without a stack protector: they run before, or while, the guard in %gs:__stack_chk_guard changes.
NO_STACKPROT := $(filter kernel/entry/%.c,$(SRCS)) kernel/x86/stackprotector.c kernel/init/main.c

# Sources without checks: the checkers themselves, and what reads memory that they forbid: free objects, other frames.
NO_SANITIZE := lib/ubsan.c sched/check.c $(wildcard mm/alloc/kasan*.c) mm/alloc/slab.c mm/alloc/slab_debug.c kernel/trace/dumpstack.c \
	kernel/trace/stacktrace.c kernel/trace/unwind_frame.c kernel/x86/asm-offsets.c \
	$(wildcard kernel/locking/lockdep*.c)

INCLUDES := -nostdinc -isystem $(shell $(CC) -print-file-name=include) -Iinclude -Iinclude/uapi -I$(O)/generated
WARNINGS := -Wall -Wextra -Wvla -Wno-unused-parameter -Wmissing-prototypes -Wstrict-prototypes $(if $(WERROR),-Werror)
# Entry frames keep the stack aligned to 8 bytes only; without SSE in the kernel nothing needs 16.
# gcc reads the guard per CPU, so that each task has its own; clang one global word (kernel/x86/stackprotector.c).
ifneq ($(findstring clang,$(notdir $(CC))),)
STACKPROT := -fstack-protector-strong -mstack-protector-guard=global
STACKALIGN := -mstack-alignment=8
else
STACKPROT := -fstack-protector-strong -mstack-protector-guard=tls -mstack-protector-guard-reg=gs \
	-mstack-protector-guard-symbol=__stack_chk_guard
STACKALIGN := -mpreferred-stack-boundary=3
endif
# DEBUG=1 turns every checker on that has its run-time half in the tree.
UBSAN ?= $(if $(DEBUG),$(if $(wildcard lib/ubsan.c),1))
KASAN ?= $(if $(DEBUG),$(if $(wildcard mm/alloc/kasan.c),1))
DEFINES := -D__KERNEL__ $(if $(DEBUG),-DCONFIG_DEBUG=1) $(if $(UBSAN),-DCONFIG_UBSAN=1) $(if $(KASAN),-DCONFIG_KASAN=1)
CFLAGS := -std=gnu11 -ffreestanding -fno-pic -fno-pie -mcmodel=kernel -mno-red-zone $(STACKALIGN) -mgeneral-regs-only \
	-fcf-protection=none -fno-strict-aliasing -fno-common -fno-delete-null-pointer-checks -fno-omit-frame-pointer \
	-fno-asynchronous-unwind-tables -O2 -g -ffile-prefix-map=$(abspath $(O))=build -ffile-prefix-map=$(CURDIR)=. \
	$(WARNINGS) $(STACKPROT)
# A signed sum that overflows wraps, so that a check written after it stays; under UBSAN it is reported instead.
CFLAGS += $(if $(UBSAN),,-fno-strict-overflow)
# All checks by call, and the shadow's offset: mm/alloc/kasan_internal.h has the same number.
ifneq ($(findstring clang,$(notdir $(CC))),)
KASAN_FLAGS := -fsanitize=kernel-address -mllvm -asan-mapping-offset=0xdffffc0000000000 -mllvm -asan-globals=0 \
	-mllvm -asan-instrumentation-with-call-threshold=0 -mllvm -asan-stack=1 -mllvm -asan-use-after-scope=0
else
KASAN_FLAGS := -fsanitize=kernel-address -fasan-shadow-offset=0xdffffc0000000000 --param asan-globals=1 \
	--param asan-instrumentation-with-call-threshold=0 --param asan-stack=1 -fno-sanitize-address-use-after-scope
endif
# Each caller has a frame of its own, so that a stack names it.
KASAN_FLAGS += -fno-optimize-sibling-calls
UBSAN_FLAGS := -fsanitize=shift,bounds,integer-divide-by-zero,signed-integer-overflow,bool,enum,vla-bound
SANITIZE := $(if $(UBSAN),$(UBSAN_FLAGS)) $(if $(KASAN),$(KASAN_FLAGS))
ALL_CFLAGS = $(CFLAGS) $(DEFINES) $(INCLUDES) $(EXTRA_CFLAGS)
NASMFLAGS := -f elf64 -g -F dwarf --reproducible -w+all $(if $(WERROR),-Werror) \
	$(if $(DEBUG),-DCONFIG_DEBUG=1) -I. -I$(O)/ -I$(O)/generated/
LDFLAGS := -nostdlib -static -m elf_x86_64 -z max-page-size=0x1000 -z noexecstack --build-id=none

# ---- targets --------------------------------------------------------------------------------------------------------
.PHONY: all objs rooms clean help FORCE
all: $(O)/primer.elf $(O)/initramfs.cpio $(O)/primer.iso ## primer.elf, initramfs.cpio and primer.iso under O=build

objs: $(OBJS) ## compile everything that exists, without linking

rooms: $(foreach r,$(ROOM),$(call to_objects,$(call room_sources,$(r)))) ## compile one room: make rooms ROOM=mm/alloc

# A change of compiler or of flags rebuilds: the file's time moves only when its text does.
FLAGS_TEXT = $(shell $(CC) --version | head -1) $(ALL_CFLAGS) / $(SANITIZE) / $(NASMFLAGS) / $(LDFLAGS) / $(NO_STACKPROT) / $(NO_SANITIZE)
$(O)/.flags: FORCE
	@mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(FLAGS_TEXT))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS_TEXT))' >$@

# asm-offsets.c compiles to "->NAME $VALUE" marks in assembly text, and sed makes NASM %defines of them.
$(O)/generated/asm-offsets.inc: $(wildcard kernel/x86/asm-offsets.c) $(O)/.flags
	$(call say,OFFSETS,$@)
	@mkdir -p $(@D)
	$(Q)if [ -f kernel/x86/asm-offsets.c ]; then \
		$(CC) $(ALL_CFLAGS) -g0 -MMD -MP -MT $@ -MF $@.d -S -o $(@:.inc=.s) kernel/x86/asm-offsets.c || exit 1; \
		sed -n 's/^.*->\([A-Za-z_0-9]\{1,\}\) \$$\{0,1\}\(-\{0,1\}[0-9]\{1,\}\).*/%define \1 \2/p' $(@:.inc=.s) >$@; \
	else : >$@; fi

$(O)/%.o: %.c $(O)/.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(if $(filter $<,$(NO_SANITIZE)),,$(SANITIZE)) \
		$(if $(filter $<,$(NO_STACKPROT)),-fno-stack-protector) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(O)/%.asm.o: %.asm $(O)/.flags $(O)/generated/asm-offsets.inc
	$(call say,NASM,$<)
	@mkdir -p $(@D)
	$(Q)$(NASM) $(NASMFLAGS) -I$(dir $<) -MD $(@:.o=.d) -MP -MT $@ -o $@ $<

# ---- linking --------------------------------------------------------------------------------------------------------
# The symbol table (kallsyms) is part of the image that it describes. Pass 1 links with an empty table; its symbols make
# a table of the right size, which pass 2 links; that moves what stands behind the table, so pass 2's symbols make the
# final table. Same size, same names: nothing moves any more, and `kallsyms.py --check` proves it on the result.
link = $(LD) $(LDFLAGS) -T linker.ld -o $@ $(OBJS) $(filter %.kallsyms.o,$^)
LINK_DEPS := $(OBJS) linker.ld $(O)/.flags tools/kallsyms.py

$(O)/0.kallsyms.asm: tools/kallsyms.py
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/kallsyms.py /dev/null >$@
$(O)/1.kallsyms.asm $(O)/2.kallsyms.asm: $(O)/%.kallsyms.asm: $(O)/primer.pass%
	$(Q)$(NM) -n -S $< | $(PYTHON) tools/kallsyms.py - >$@
$(O)/%.kallsyms.o: $(O)/%.kallsyms.asm
	$(call say,KSYMS,$@)
	$(Q)cd $(@D) && $(NASM) -f elf64 --reproducible -o $(@F) $(<F)
$(O)/primer.pass1: $(O)/0.kallsyms.o $(LINK_DEPS)
	$(call say,LD,$@)
	$(Q)$(link)
$(O)/primer.pass2: $(O)/1.kallsyms.o $(LINK_DEPS)
	$(call say,LD,$@)
	$(Q)$(link)
$(O)/primer.elf: $(O)/2.kallsyms.o $(LINK_DEPS)
	$(call say,LD,$@)
	$(Q)$(link)
	$(Q)$(NM) -n -S $@ | $(PYTHON) tools/kallsyms.py --check $(O)/2.kallsyms.asm -
.PRECIOUS: $(O)/%.kallsyms.asm $(O)/%.kallsyms.o

-include $(OBJS:.o=.d) $(O)/generated/asm-offsets.inc.d

clean: ## remove the build
	rm -rf $(O) $(O)-debug

help: ## this list
	@echo 'Primer: targets (variables: O=DIR V=1 DEBUG=1 WERROR=1 CROSS_COMPILE= CC=clang)'
	@sed -n 's/^\([a-z][a-z._-]*\)[^:]*:.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16 | sort

include $(wildcard tools/*.mk)
