/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/kernel/rcu/probe.h - functions whose machine code a test on the host counts. */
#ifndef TESTS_KERNEL_RCU_PROBE_H
#define TESTS_KERNEL_RCU_PROBE_H

/* rcu_read_pair_probe - rcu_read_lock() and rcu_read_unlock(), and nothing else */
void rcu_read_pair_probe(void);

#endif
