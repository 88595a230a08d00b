/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/cpumask.h - sets of CPUs, and the four sets that say what each CPU is.
 *
 *	possible	may ever exist: per-CPU areas are made for these
 *	present		the firmware says it is there
 *	online		runs; may be interrupted
 *	active		takes part in scheduling
 *
 * NR_CPUS is 64: a set is one word, and every operation a few instructions.
 */
#ifndef PRIMER_CPUMASK_H
#define PRIMER_CPUMASK_H

#include <primer/bitops.h>
#include <primer/kernel.h>
#include <asm/percpu.h>

typedef struct cpumask { unsigned long bits[1]; } cpumask_t;
typedef cpumask_t cpumask_var_t[1];

#define cpumask_bits(m)			((m)->bits)
#define CPU_MASK_NONE			((cpumask_t){ { 0 } })
#define CPU_MASK_ALL			((cpumask_t){ { ~0UL } })

extern cpumask_t __cpu_possible_mask, __cpu_present_mask, __cpu_online_mask, __cpu_active_mask;
#define cpu_possible_mask		((const cpumask_t *)&__cpu_possible_mask)
#define cpu_present_mask		((const cpumask_t *)&__cpu_present_mask)
#define cpu_online_mask			((const cpumask_t *)&__cpu_online_mask)
#define cpu_active_mask			((const cpumask_t *)&__cpu_active_mask)

extern unsigned int nr_cpu_ids;		/* highest possible CPU + 1 */

static __always_inline void cpumask_set_cpu(unsigned int cpu, cpumask_t *m)	{ set_bit(cpu, m->bits); }
static __always_inline void cpumask_clear_cpu(unsigned int cpu, cpumask_t *m)	{ clear_bit(cpu, m->bits); }
static __always_inline bool cpumask_test_cpu(unsigned int cpu, const cpumask_t *m) { return test_bit(cpu, m->bits); }
static __always_inline bool cpumask_test_and_set_cpu(unsigned int cpu, cpumask_t *m) { return test_and_set_bit(cpu, m->bits); }
static __always_inline bool cpumask_test_and_clear_cpu(unsigned int cpu, cpumask_t *m) { return test_and_clear_bit(cpu, m->bits); }
static __always_inline void cpumask_clear(cpumask_t *m)				{ m->bits[0] = 0; }
static __always_inline void cpumask_setall(cpumask_t *m)			{ m->bits[0] = ~0UL; }
static __always_inline void cpumask_copy(cpumask_t *d, const cpumask_t *s)	{ d->bits[0] = s->bits[0]; }
static __always_inline bool cpumask_empty(const cpumask_t *m)			{ return READ_ONCE(m->bits[0]) == 0; }
static __always_inline bool cpumask_equal(const cpumask_t *a, const cpumask_t *b) { return a->bits[0] == b->bits[0]; }
static __always_inline bool cpumask_subset(const cpumask_t *a, const cpumask_t *b) { return !(a->bits[0] & ~b->bits[0]); }
static __always_inline bool cpumask_intersects(const cpumask_t *a, const cpumask_t *b) { return a->bits[0] & b->bits[0]; }
static __always_inline bool cpumask_and(cpumask_t *d, const cpumask_t *a, const cpumask_t *b) { return (d->bits[0] = a->bits[0] & b->bits[0]) != 0; }
static __always_inline bool cpumask_andnot(cpumask_t *d, const cpumask_t *a, const cpumask_t *b) { return (d->bits[0] = a->bits[0] & ~b->bits[0]) != 0; }
static __always_inline void cpumask_or(cpumask_t *d, const cpumask_t *a, const cpumask_t *b) { d->bits[0] = a->bits[0] | b->bits[0]; }
static __always_inline unsigned int cpumask_weight(const cpumask_t *m)		{ return hweight_long(READ_ONCE(m->bits[0])); }

/* First and next CPU of a set; NR_CPUS (>= nr_cpu_ids) when there is none. */
static __always_inline unsigned int cpumask_first(const cpumask_t *m)
{
	return m->bits[0] ? (unsigned int)__builtin_ctzl(m->bits[0]) : NR_CPUS;
}
static __always_inline unsigned int cpumask_next(int cpu, const cpumask_t *m)
{
	unsigned long rest = cpu >= NR_CPUS - 1 ? 0 : m->bits[0] & ~0UL << (cpu + 1);

	return rest ? (unsigned int)__builtin_ctzl(rest) : NR_CPUS;
}
static __always_inline unsigned int cpumask_any_and(const cpumask_t *a, const cpumask_t *b)
{
	unsigned long both = a->bits[0] & b->bits[0];

	return both ? (unsigned int)__builtin_ctzl(both) : NR_CPUS;
}
#define cpumask_any(m)			cpumask_first(m)
#define cpumask_of(cpu)			(&(const cpumask_t){ { 1UL << (cpu) } })

#define for_each_cpu(cpu, m)		for ((cpu) = cpumask_first(m); (cpu) < NR_CPUS; (cpu) = cpumask_next((cpu), (m)))
#define for_each_cpu_and(cpu, a, b) \
	for (cpumask_t __m = { { (a)->bits[0] & (b)->bits[0] } }, *__mp = &__m; __mp; __mp = NULL) for_each_cpu(cpu, &__m)
#define for_each_possible_cpu(cpu)	for_each_cpu(cpu, cpu_possible_mask)
#define for_each_present_cpu(cpu)	for_each_cpu(cpu, cpu_present_mask)
#define for_each_online_cpu(cpu)	for_each_cpu(cpu, cpu_online_mask)

#define cpu_online(cpu)			cpumask_test_cpu((cpu), cpu_online_mask)
#define cpu_active(cpu)			cpumask_test_cpu((cpu), cpu_active_mask)
#define cpu_possible(cpu)		cpumask_test_cpu((cpu), cpu_possible_mask)
#define cpu_present(cpu)		cpumask_test_cpu((cpu), cpu_present_mask)
#define num_online_cpus()		cpumask_weight(cpu_online_mask)
#define num_possible_cpus()		cpumask_weight(cpu_possible_mask)
#define num_present_cpus()		cpumask_weight(cpu_present_mask)

/* Each is called while CPU @cpu's state changes, by kernel/init. */
void set_cpu_possible(unsigned int cpu, bool on);
void set_cpu_present(unsigned int cpu, bool on);
void set_cpu_online(unsigned int cpu, bool on);
void set_cpu_active(unsigned int cpu, bool on);

#endif
