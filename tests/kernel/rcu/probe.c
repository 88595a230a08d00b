/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/rcu/probe.c - what a read-side section costs, as the compiler leaves it. tests/test_rcu.py disassembles this function
 * and counts: at most four instructions, none locked, no barrier.
 */
#include <primer/rcupdate.h>

#include "probe.h"

void rcu_read_pair_probe(void)
{
	rcu_read_lock();
	rcu_read_unlock();
}
