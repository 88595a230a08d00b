# SPDX-License-Identifier: GPL-2.0-only
#
# tools/check.mk - targets that judge: tests, floors, docs, the state of the host.

PYTEST := $(PYTHON) -m pytest
JOBS ?= 2
export PRIMER_BUILD := $(abspath $(O))

.PHONY: deps doctor debug-kernel test test-all torture floors docs drawings test-programs
deps: ## install what is missing (Debian packages); goes before others: make deps run
	@:
doctor: ## say of each tool whether it is there and new enough
	@tools/doctor.sh

# Programs that the tests boot: each tests/user/*.c by glibc and by musl, as static and static PIE.
TEST_HEADERS := $(wildcard tests/user/*.h)
TEST_USER := $(patsubst tests/user/%.c,%,$(sort $(wildcard tests/user/*.c)))
TEST_PROGRAMS := $(foreach p,$(TEST_USER),$(foreach k,glibc musl pie,$(O)/tests/user/$(p).$(k)))
# No warnings about arguments that no sane program passes: passing them is what these are for.
TEST_CFLAGS := -std=gnu11 -O2 -g0 -Wall -Wextra -Wno-nonnull -Wno-stringop-overflow -Wno-stringop-overread
$(O)/tests/user/%.glibc: tests/user/%.c $(TEST_HEADERS) tools/check.mk
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)gcc $(TEST_CFLAGS) -static -no-pie -o $@ $<
$(O)/tests/user/%.pie: tests/user/%.c $(TEST_HEADERS) tools/check.mk
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)gcc $(TEST_CFLAGS) -static-pie -fPIE -o $@ $<
$(O)/tests/user/%.musl: tests/user/%.c $(TEST_HEADERS) tools/check.mk
	$(call say,MUSL,$@)
	@mkdir -p $(@D)
	$(Q)$(MUSL_GCC) $(TEST_CFLAGS) -static -o $@ $<
test-programs: $(TEST_PROGRAMS)

# The same sources with every checker on, for tests/test_debug.py: other flags, so another directory and another make.
debug-kernel: ## the kernel with DEBUG=1, in O-debug
	$(Q)+$(MAKE) --no-print-directory DEBUG=1 O=$(O)-debug $(O)-debug/primer.elf

test: all debug-kernel test-programs host-programs ## floors, host tests, kernel tests, whole-system tests (T="-k name" selects)
	$(Q)$(PYTEST) -c tests/pytest.ini --rootdir=. -n $(JOBS) --durations=10 -m 'not slow' $(T) tests
test-all: all debug-kernel test-programs host-programs ## the same and the slow ones
	$(Q)$(PYTEST) -c tests/pytest.ini --rootdir=. -n $(JOBS) --durations=10 $(T) tests
torture: all ## locks, RCU and bottom halves under torture, 10 minutes a suite (SECONDS=600; DEBUG=1: with every checker)
	$(Q)PRIMER_TORTURE_SECONDS=$(or $(SECONDS),600) $(PYTEST) -c tests/pytest.ini --rootdir=. -n 0 -v -rP $(T) \
		tests/test_torture.py::test_torture

floors: $(OBJS) ## does every #include and every symbol point down? (docs/map.md)
	$(Q)$(PYTHON) tools/check_floors.py $(O)

docs: ## the book, as HTML, under O/docs
	@tools/deps.sh docs
	$(Q)$(PYTHON) -m sphinx -n -W -q -b html docs $(O)/docs
	@echo "$(O)/docs/index.html"

drawings: all ## the book's pictures of memory, from a running kernel (docs/images)
	$(Q)PRIMER_BUILD=$(O) $(PYTHON) tools/draw_memory.py

compile_commands.json $(O)/compile_commands.json: FORCE ## for clangd: how each file is compiled
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/compile_commands.py '$(CURDIR)' '$(CC) $(ALL_CFLAGS)' $(filter %.c,$(SRCS)) >$@

-include tests/host/host.mk
host-programs: $(HOST_TESTS) $(HOST_DATA)
.PHONY: host-programs
