# SPDX-License-Identifier: GPL-2.0-only
#
# tools/trace.mk - the scheduler seen at work: tools/trace.py traces a demonstration, tools/latency.py measures delays beside Linux.
#
# Variables: TRACE_SMP=4 CPUs, TRACE_MS=500 of the machine's milliseconds; BEATS=1000 of a millisecond, ROUNDS=5 boots.

TRACE_SMP ?= 4
TRACE_MS ?= 500

.PHONY: trace
trace: $(O)/primer.elf $(O)/initramfs.cpio ## a scheduling demonstration: build/trace/{trace.txt,perf.data,latency.txt,timeline.svg}: TRACE_SMP= TRACE_MS=
	$(Q)PRIMER_BUILD=$(O) $(PYTHON) tools/trace.py --smp $(TRACE_SMP) --ms $(TRACE_MS) $(O)/trace

.PHONY: latency
latency: $(O)/primer.elf $(O)/user/latency $(O)/user/messaging ## how late a 1 ms task runs, alone, among hogs, in a storm, beside Linux: BEATS=1000 ROUNDS=5 PEERS=none
	$(Q)PRIMER_BUILD=$(O) $(PYTHON) tools/latency.py --beats $(or $(BEATS),1000) --rounds $(or $(ROUNDS),5) --peers $(if $(filter none,$(PEERS)),none,linux)
