/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/topology.c - sched domains: the machine's CPUs in circles, from each CPU outwards.
 *
 * The problem. Moving a task costs more the further it goes. Between threads of a core nothing is lost, between cores of
 * a package the innermost caches, between packages all caches, between nodes also the nearness of its memory. So the
 * balancer should look near, often and eagerly; and far, seldom and only when much is to be gained.
 *
 * The idea. Each CPU has a chain of domains, each a set of CPUs around it, each wider than the one before; and each
 * domain is divided into groups, which are the domains one step narrower. Balancing a domain means: compare the groups,
 * and if another one has more than ours, take from it.
 *
 *	2 packages of 2 cores of 2 threads; the chain of CPU 5
 *
 *	DIE	{0-7}		groups	{4-7} -> {0-3} ->		level 2
 *	MC	{4-7}		groups	{4,5} -> {6,7} ->		level 1
 *	SMT	{4,5}		groups	{5} -> {4} ->			level 0: rq->sd
 *
 * The groups of a domain stand in a circle that all its CPUs share; each CPU's chain enters it at the group that the CPU
 * is in. A level that would add nothing (one thread a core, one core a package, one node) is left out, so a chain is as
 * long as the machine has distances: at most four.
 *
 *	level	spans			from			groups compete for
 *	SMT	threads of a core	CPUID			execution units
 *	MC	cores of a package	CPUID			the last-level cache
 *	DIE	packages near one node	CPUID, SRAT		memory bandwidth
 *	NUMA	all			SRAT			nothing: far apart
 *
 * Invariants
 *   D1  A CPU is in each domain of its chain; span(child) is a true subset of span(parent).
 *   D2  The groups of a domain are disjoint, none is empty, and together they are its span.
 *   D3  Two CPUs in one domain's span have that domain's span in both their chains.
 *
 * root_domain is the circle around all: the CPUs among which real-time tasks are pushed and pulled (rt.c).
 *
 * Locking: none. Built by one CPU when the others idle, published by a store-release of rq->sd, immutable from then on
 * but for the fields that the balancer keeps in them (primer/sched/topology.h says whose those are).
 *
 * Linux (kernel/sched/topology.c) rebuilds all this when a CPU comes or goes or is taken out of balancing (cpusets),
 * has levels for clusters and more NUMA distances, and an energy model.
 */
#include <primer/init.h>
#include <primer/jiffies.h>
#include <primer/printk.h>
#include <primer/slab.h>
#include <asm/topology.h>

#include "sched.h"

struct root_domain def_root_domain;

/* ---- levels ------------------------------------------------------------------------------------------------------ */

static cpumask_t smt_span(int cpu)	{ return topology_sibling_cpumask(cpu); }
static cpumask_t mc_span(int cpu)	{ return topology_core_cpumask(cpu); }
static cpumask_t die_span(int cpu)	{ return cpumask_of_node(cpu_to_node(cpu)); }
static cpumask_t all_span(int cpu)	{ return *cpu_online_mask; }

struct topology_level {
	const char *name;
	cpumask_t (*span)(int cpu);
	int flags;
	unsigned int imbalance_pct, cache_nice_tries;
};

#define SD_COMMON	(SD_BALANCE_NEWIDLE | SD_BALANCE_EXEC | SD_BALANCE_FORK | SD_WAKE_AFFINE)

/*
 * The further, the more must be gained and the longer a hot cache is respected. Threads of a core are no children to
 * prefer: the levels above them prefer an empty core to the second thread of a busy one, and an empty package to a busy
 * one, because each flag speaks of the domain in its parent.
 */
static const struct topology_level levels[] = {
	{ "SMT",  smt_span, SD_COMMON | SD_PREFER_SIBLING | SD_SHARE_CPUCAPACITY | SD_SHARE_PKG_RESOURCES, 110, 0 },
	{ "MC",	  mc_span,  SD_COMMON | SD_PREFER_SIBLING | SD_SHARE_PKG_RESOURCES, 117, 1 },
	{ "DIE",  die_span, SD_COMMON | SD_PREFER_SIBLING, 117, 1 },
	{ "NUMA", all_span, SD_COMMON | SD_SERIALIZE | SD_NUMA, 125, 2 },
};

/* ---- building ---------------------------------------------------------------------------------------------------- */

static struct sched_domain *new_domain(const struct topology_level *tl, cpumask_t span, struct sched_domain *child)
{
	struct sched_domain *sd = kzalloc(sizeof(*sd), GFP_KERNEL);
	unsigned int weight = cpumask_weight(&span);

	if (!sd)
		return NULL;
	sd->name = tl->name;
	sd->span = span;
	sd->span_weight = weight;
	sd->level = child ? child->level + 1 : 0;
	sd->flags = tl->flags;
	sd->min_interval = weight;
	sd->max_interval = 2 * weight;
	sd->balance_interval = weight;
	sd->busy_factor = 16;
	sd->imbalance_pct = tl->imbalance_pct;
	sd->cache_nice_tries = tl->cache_nice_tries;
	sd->last_balance = jiffies;
	sd->next_decay_max_lb_cost = jiffies;
	sd->child = child;
	return sd;
}

/* The chain of @cpu, its lowest domain; NULL: alone, or no memory. */
static struct sched_domain *build_chain(int cpu)
{
	struct sched_domain *lowest = NULL, *child = NULL, *sd;
	cpumask_t covered = *cpumask_of(cpu), span;

	for (unsigned int i = 0; i < ARRAY_SIZE(levels); i++) {
		span = levels[i].span(cpu);
		/* A package that the tables put on two nodes, or the like: never narrower than what is inside (D1). */
		cpumask_or(&span, &span, &covered);
		if (cpumask_equal(&span, &covered))
			continue;
		sd = new_domain(&levels[i], span, child);
		if (!sd)
			break;
		if (child)
			child->parent = sd;
		else
			lowest = sd;
		child = sd;
		covered = span;
	}
	return lowest;
}

/* The domain of @cpu that spans the same; what D3 promises. */
static struct sched_domain *same_span(struct sched_domain *const chains[], int cpu, const struct sched_domain *sd)
{
	struct sched_domain *d = chains[cpu];

	while (d && !cpumask_equal(&d->span, &sd->span))
		d = d->parent;
	return d;
}

/* The circle of @sd's groups, for all CPUs in it; NULL: no memory. */
static struct sched_group *build_groups(struct sched_domain *const chains[], struct sched_domain *sd)
{
	struct sched_group *first = NULL, *last = NULL, *g;
	cpumask_t left = sd->span;
	unsigned int cpu;

	while ((cpu = cpumask_first(&left)) < nr_cpu_ids) {
		struct sched_domain *own = same_span(chains, cpu, sd);

		g = kzalloc(sizeof(*g), GFP_KERNEL);
		if (!g)
			return NULL;
		g->cpumask = own && own->child ? own->child->span : *cpumask_of(cpu);
		g->group_weight = cpumask_weight(&g->cpumask);
		g->id = cpu;
		if (last)
			last->next = g;
		else
			first = g;
		last = g;
		cpumask_andnot(&left, &left, &g->cpumask);
	}
	last->next = first;
	return first;
}

/* Enter the circle at the group that @cpu is in. */
static bool attach_groups(struct sched_domain *const chains[], int cpu, struct sched_domain *sd)
{
	int first = cpumask_first(&sd->span);
	struct sched_domain *owner = same_span(chains, first, sd);
	struct sched_group *g;

	g = first == cpu || !owner ? build_groups(chains, sd) : owner->groups;
	if (!g)
		return false;
	while (!cpumask_test_cpu(cpu, &g->cpumask))
		g = g->next;
	sd->groups = g;
	return true;
}

/* ---- telling ----------------------------------------------------------------------------------------------------- */

static bool sched_debug_enabled __ro_after_init;

static int __init sched_debug_setup(char *str)
{
	sched_debug_enabled = true;
	return 0;
}
early_param("sched_debug", sched_debug_setup);

static void print_chain(int cpu)
{
	struct sched_domain *sd = cpu_sched_domain(cpu);
	struct sched_group *g;

	if (!sd) {
		pr_info("CPU%d attaching NULL sched-domain.\n", cpu);
		return;
	}
	pr_info("CPU%d attaching sched-domain(s):\n", cpu);
	for (; sd; sd = sd->parent) {
		pr_info("%*s domain-%d: span=%*pbl level=%s\n", sd->level, "", sd->level, (int)nr_cpu_ids,
				 cpumask_bits(&sd->span), sd->name);
		pr_info("%*s  groups:", sd->level, "");
		g = sd->groups;
		do {
			pr_cont(" %u:{ span=%*pbl", g->id, (int)nr_cpu_ids, cpumask_bits(&g->cpumask));
			if (g->group_weight > 1)
				pr_cont(" cap=%u", g->group_weight * 1024);
			pr_cont("%s", g->next == sd->groups ? " }\n" : " },");
			g = g->next;
		} while (g != sd->groups);
	}
}

/* ---- for others -------------------------------------------------------------------------------------------------- */

struct sched_domain *cpu_sched_domain(int cpu)
{
	return smp_load_acquire(&cpu_rq(cpu)->sd);	/* pairs with sched_init_domains() */
}

bool cpus_share_cache(int a, int b)
{
	return a == b || cpumask_test_cpu(b, &cpu_rq(a)->llc_mask);
}

/* A CPU for which there is no memory balances with nobody; the others still do. */
void __init sched_init_domains(void)
{
	struct sched_domain *chains[NR_CPUS] = { NULL }, *sd;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		chains[cpu] = build_chain(cpu);
	for_each_online_cpu(cpu) {
		for (sd = chains[cpu]; sd; sd = sd->parent) {
			if (attach_groups(chains, cpu, sd))
				continue;
			pr_err("sched: no memory for the domains of CPU %u\n", cpu);
			chains[cpu] = NULL;
			break;
		}
	}
	cpumask_copy(&def_root_domain.span, cpu_online_mask);
	for_each_online_cpu(cpu) {
		struct rq *rq = cpu_rq(cpu);

		rq->smt_mask = rq->llc_mask = *cpumask_of(cpu);
		for (sd = chains[cpu]; sd; sd = sd->parent) {
			if (sd->flags & SD_SHARE_CPUCAPACITY)
				rq->smt_mask = sd->span;
			if (sd->flags & SD_SHARE_PKG_RESOURCES)
				rq->llc_mask = sd->span;
		}
		rq->next_balance = jiffies;
		smp_store_release(&rq->sd, chains[cpu]);	/* pairs with cpu_sched_domain() */
	}
	if (!sched_debug_enabled)
		return;
	for_each_online_cpu(cpu)
		print_chain(cpu);
	pr_info("root domain span: %*pbl\n", (int)nr_cpu_ids, cpumask_bits(&def_root_domain.span));
}
