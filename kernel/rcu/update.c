/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/rcu/update.c - what is lent to lower rooms, and the checks of DEBUG builds.
 *
 * Two rooms below want things freed after a grace period and cannot call up: slabs of type-stable memory (SLAB_TYPESAFE_BY_RCU), and the
 * nodes of radix trees and idrs, in which readers may walk without a lock.
 *
 * The checks. A missing rcu_read_lock() hardly ever does harm on the machine of who forgot it: the reader is mostly not preempted. So
 * DEBUG builds ask at each rcu_dereference() whether this is a read-side section, and, where a lock may take its place, whether that
 * is held. A counter of each CPU knows: inside a section nobody is preempted, so the counter is the section's own.
 *
 *	rcu_dereference(p)					rcu_read_lock() must be there
 *	rcu_dereference_check(p, lockdep_is_held(&l))		or l
 *	rcu_dereference_protected(p, lockdep_is_held(&l))	l
 *
 * Each place reports once, in Linux's words. A test that makes a mistake reads the report with lockdep_capture().
 */
#include <primer/bug.h>
#include <primer/init.h>
#include <primer/lockdep.h>
#include <primer/mm.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/radix_tree.h>
#include <primer/sched.h>
#include <primer/slab.h>
#include <primer/version.h>
#include <asm/irqflags.h>

#include "internal.h"

static void slab_rcu(void *head, void (*func)(void *head))
{
	call_rcu(head, (rcu_callback_t)(void *)func);
}

/* radix_tree_node.rcu is room for one. */
static void free_tree_node(struct rcu_head *head)
{
	radix_tree_node_free(container_of((void *(*)[2])head, struct radix_tree_node, rcu));
}

static void free_tree_node_rcu(struct radix_tree_node *node)
{
	call_rcu((struct rcu_head *)&node->rcu, free_tree_node);
}

void __init rcu_update_init(void)
{
	static struct radix_tree_ops ops;

	static_assert(sizeof_field(struct radix_tree_node, rcu) >= sizeof(struct rcu_head));
	slab_set_call_rcu(slab_rcu);
	ops.alloc = radix_tree_node_alloc;
	ops.free = free_tree_node_rcu;
	radix_tree_register_ops(&ops);
}

#ifdef CONFIG_DEBUG

DEFINE_PER_CPU(unsigned int, rcu_read_depth);

bool debug_rcu_enabled(void)
{
	return debug_locks && system_state >= SYSTEM_SCHEDULING && !in_nmi();
}

bool rcu_read_lock_held(void)
{
	return !debug_rcu_enabled() || this_cpu_read(rcu_read_depth);
}

bool rcu_read_lock_any_held(void)
{
	return !debug_rcu_enabled() || preempt_count() || irqs_disabled();
}

void rcu_check_unlock(void)
{
	RCU_LOCKDEP_WARN(!this_cpu_read(rcu_read_depth), "rcu_read_unlock() without rcu_read_lock()");
}

void lockdep_rcu_suspicious(const char *file, int line, const char *what)
{
	lockdep_printk("\n");
	lockdep_printk("=============================\n");
	lockdep_printk("WARNING: suspicious RCU usage\n");
	lockdep_printk(UTS_RELEASE " %s\n", print_tainted());
	lockdep_printk("-----------------------------\n");
	lockdep_printk("%s:%d %s!\n", file, line, what);
	lockdep_printk("\nother info that might help us debug this:\n\n");
	lockdep_printk("%srcu_scheduler_active = %d, debug_locks = %d\n",
		       rcu_is_watching() ? "" : "RCU used illegally from idle CPU!\n",
		       system_state >= SYSTEM_SCHEDULING ? 2 : 0, debug_locks);
	debug_show_held_locks(current);
	pr_warn("\nstack backtrace:\n");
	dump_stack();
}

#endif
