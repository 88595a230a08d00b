# SPDX-License-Identifier: GPL-2.0-only
#
# tools/bench.mk - what the kernel costs: tools/bench.py measures system calls beside Linux (docs/benchmarks.md), tools/irq_cost.py interrupts
# (docs/interrupts.md), tools/sched_cost.py the scheduler (docs/cfs.md).
#
# Variables: OPS="getppid stat" (default: all), PEERS="stock tuned" or none, BATCHES=11, SILENCE=40 (seconds until a
# machine that says nothing counts as hung).

OPS ?=
PEERS ?= stock tuned
BATCHES ?= 11
SILENCE ?= 40
BENCH_CFLAGS := -std=gnu11 -O2 -g0 -static -no-pie -pthread -ffile-prefix-map=$(CURDIR)=. -Wl,--build-id=none

.PHONY: bench
bench: $(O)/primer.elf $(O)/user/init $(O)/bench/microbench ## instructions per operation, beside Linux: OPS="getppid stat" PEERS=none
	$(Q)$(PYTHON) tools/bench.py --peers '$(PEERS)' --batches $(BATCHES) --silence $(SILENCE) $(OPS)

.PHONY: irq-cost
irq-cost: $(O)/primer.elf $(O)/initramfs.cpio $(O)/tests/user/clocks.musl ## instructions per interrupt, timer, IPI: the table of docs/interrupts.md
	$(Q)PRIMER_BUILD=$(abspath $(O)) $(PYTHON) tools/irq_cost.py --docs

.PHONY: sched-cost
sched-cost: $(O)/primer.elf $(O)/initramfs.cpio $(O)/tests/user/ring.musl ## instructions per wakeup, choice, switch, by the number of tasks: the figure of docs/cfs.md
	$(Q)PRIMER_BUILD=$(abspath $(O)) $(PYTHON) tools/sched_cost.py --docs

$(O)/bench/microbench: tests/bench/microbench.c tools/bench.mk
	$(call say,MUSL,$@)
	@mkdir -p $(@D)
	$(Q)$(MUSL_GCC) $(BENCH_CFLAGS) -o $@ $<

# tests/test_bench.py runs it too.
host-programs: $(O)/bench/microbench
