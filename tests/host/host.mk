# SPDX-License-Identifier: GPL-2.0-only
#
# tests/host/host.mk - lib/ compiled for the host under the address and undefined behaviour sanitizers, and its tests.
#
# Every tests/host/lib/*_test.c is a program, and so is every test of a file elsewhere that needs little of the machine
# (tests/host/kernel). All of them link all of lib/. SEED=n repeats a random run.
#
# Names that libc has too: in every object, those of the printf family are renamed (ours know %pS); the memory and
# string functions only in the two files that define them. All other objects then use libc's memcpy and strlen, whose
# arguments the sanitizer checks.

HOSTCC ?= gcc
HOST := $(O)/host
HOST_CFLAGS := -std=gnu11 -ffreestanding -O1 -g -Wall -Wextra -Wno-unused-parameter -fno-strict-aliasing -fno-common \
	-fno-delete-null-pointer-checks -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_INCLUDES := -nostdinc -isystem $(shell $(HOSTCC) -print-file-name=include) -Iinclude -Iinclude/uapi -Itests/host \
	-Ilib
# lib/ubsan.c, if there is one, is the kernel's own report printer: the host has libubsan.
HOST_LIB := $(patsubst %.c,$(HOST)/%.o,$(filter-out lib/ubsan.c,$(sort $(wildcard lib/*.c))))
HOST_SOURCES := $(sort $(wildcard tests/host/lib/*_test.c tests/host/kernel/*/*_test.c))
HOST_TESTS := $(patsubst %.c,$(HOST)/%,$(notdir $(HOST_SOURCES)))
HOST_DATA := $(HOST)/deflate.bin $(HOST)/newc.cpio $(HOST)/crc.cpio

.PHONY: host-test
host-test: $(HOST_TESTS) $(HOST_DATA) ## lib/ on the host, under ASan and UBSan (SEED=n repeats)
	@cd $(HOST); failed=; \
	for t in $(notdir $(HOST_TESTS)); do timeout -k 5 300 ./$$t || failed="$$failed $$t"; done; \
	if [ -n "$$failed" ]; then echo "host-test: failed:$$failed"; exit 1; fi; echo "host-test: all passed"

$(HOST)/lib/memory.o $(HOST)/lib/string.o: HOST_RENAMES := tests/host/renames.txt
$(HOST)/lib/%.o: lib/%.c tests/host/renames.txt tests/host/renames-all.txt tests/host/host.mk
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) $(HOST_INCLUDES) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<
	$(Q)objcopy --redefine-syms=tests/host/renames-all.txt $(if $(HOST_RENAMES),--redefine-syms=$(HOST_RENAMES)) $@

$(HOST)/harness.o: tests/host/harness.c tests/host/host.mk
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O1 -g -Wall -Wextra -c -o $@ $<

$(HOST)/%_test.o: tests/host/lib/%_test.c tests/host/host.mk
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) $(HOST_INCLUDES) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

# A file of the kernel that needs little of the machine: its test includes it whole.
$(HOST)/%_test.o: tests/host/kernel/printk/%_test.c
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) $(HOST_INCLUDES) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<
	$(Q)objcopy --redefine-syms=tests/host/renames-all.txt $@

$(HOST)/%_test: $(HOST)/%_test.o $(HOST)/harness.o $(HOST_LIB)
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) -fsanitize=address,undefined -o $@ $^

# Streams made by zlib, whole and damaged, with what zlib says of each.
$(HOST)/deflate.bin: tests/host/make_deflate.py $(if $(SEED),FORCE)
	$(call say,PYTHON,$@)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) $< $@ $(SEED)

# Archives made by cpio(1), or empty files when there is none: then the test is skipped.
$(HOST)/newc.cpio $(HOST)/crc.cpio: $(HOST)/%.cpio: tests/host/host.mk
	$(call say,CPIO,$@)
	$(Q)rm -rf $@.d; mkdir -p $@.d; cd $@.d; echo one >one; echo number two >two; ln two hard; ln -s one soft; \
	if command -v cpio >/dev/null; then printf '%s\n' . one two hard soft | cpio -o -H $* --quiet; fi >../$(@F)

.SECONDARY: $(HOST_LIB) $(HOST)/harness.o $(HOST_TESTS:%=%.o)
-include $(HOST_LIB:.o=.d) $(HOST_TESTS:%=%.d)
