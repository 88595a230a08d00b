/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/fault_inject.h - allocations that fail on purpose, so that every error path is walked. DEBUG builds.
 *
 * The theory is in mm/alloc/fault_inject.c. In plain builds nothing fails, and nothing is left of the questions.
 */
#ifndef PRIMER_FAULT_INJECT_H
#define PRIMER_FAULT_INJECT_H

#include <primer/gfp.h>
#include <primer/types.h>

/* should_fail_alloc_page, should_failslab - shall this allocation return NULL? Context: any. */
#ifdef CONFIG_DEBUG
bool should_fail_alloc_page(gfp_t gfp, unsigned int order);
bool should_failslab(gfp_t gfp);
#else
static __always_inline bool should_fail_alloc_page(gfp_t gfp, unsigned int order)
{
	(void)gfp;
	(void)order;
	return false;
}
static __always_inline bool should_failslab(gfp_t gfp)
{
	(void)gfp;
	return false;
}
#endif

#endif
