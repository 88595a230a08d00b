/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/acpi/srat.c - the System Resource Affinity Table: which memory is near which CPU.
 *
 * In a machine with several memory controllers, a CPU reaches its own memory sooner than another's. The table gives
 * each CPU and each range of memory the number of a "proximity domain"; who has the same number is near. The numbers
 * are the firmware's and may be anything, so they are renumbered to nodes, in the order in which they appear:
 *
 *	CPU 0 in domain 7, CPU 1 in domain 7, CPU 2 in domain 3		7 -> node 0, 3 -> node 1
 *
 * The facts are recorded and logged, and the scheduler hears of the CPUs' nodes (kernel/x86/topology.c); memory is
 * allocated as if all of it were equally far.
 *
 * Locking: none. The tables are filled by the only CPU that runs, at boot (or by a test), and only read afterwards.
 *
 * Linux (arch/x86/mm/srat.c, drivers/acpi/numa/srat.c) gives each node zones of its own, and reads from another table,
 * SLIT, how far they are from each other. Reference: ACPI specification 6.3, 5.2.16.
 */
#define pr_fmt(fmt) "ACPI: " fmt
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/string.h>
#include "internal.h"

#define MAX_APICID	256

struct numa_memblk numa_memblks[NR_NODE_MEMBLKS];
unsigned int nr_numa_memblks, nr_numa_nodes;

static u32 node_to_pxm[MAX_NUMNODES];			/* [boot] the first nr_numa_nodes */
static u8 apicid_to_node[MAX_APICID];			/* [boot] node + 1; 0: not said */

/* The node of that domain, a new one if need be; -1: too many. */
static int pxm_to_node(u32 pxm)
{
	unsigned int nid;

	for (nid = 0; nid < nr_numa_nodes; nid++)
		if (node_to_pxm[nid] == pxm)
			return nid;
	if (nid == MAX_NUMNODES) {
		pr_warn("SRAT: more than %d proximity domains: %u is ignored\n", MAX_NUMNODES, pxm);
		return -1;
	}
	node_to_pxm[nr_numa_nodes++] = pxm;
	return nid;
}

int acpi_apicid_to_node(u32 apicid)
{
	return apicid < MAX_APICID ? apicid_to_node[apicid] - 1 : -1;
}

static void cpu_affinity(u32 pxm, u32 apicid)
{
	int nid;

	if (apicid >= MAX_APICID)
		return;
	nid = pxm_to_node(pxm);
	if (nid < 0)
		return;
	apicid_to_node[apicid] = nid + 1;
	pr_info("SRAT: PXM %u -> APIC 0x%02x -> Node %d\n", pxm, apicid, nid);
}

static void memory_affinity(const struct acpi_srat_mem_affinity *m)
{
	u64 start = m->base_address, end = start + m->length;
	int nid;

	if (!m->length)
		return;
	if (end < start || (start && !acpi_range_ok(start, m->length))) {
		pr_warn("SRAT: memory at %#llx, %#llx bytes: ignored\n", start, m->length);
		return;
	}
	for (unsigned int i = 0; i < nr_numa_memblks; i++)
		if (start < numa_memblks[i].end && numa_memblks[i].start < end) {
			pr_warn("SRAT: [mem %#010llx-%#010llx] overlaps one of node %d: ignored\n", start, end - 1,
				numa_memblks[i].nid);
			return;
		}
	if (nr_numa_memblks == NR_NODE_MEMBLKS) {
		pr_warn("SRAT: too many memory ranges\n");
		return;
	}
	nid = pxm_to_node(m->proximity_domain);
	if (nid < 0)
		return;
	pr_info("SRAT: Node %d PXM %u [mem %#010llx-%#010llx]%s\n", nid, m->proximity_domain, start, end - 1,
		m->flags & ACPI_SRAT_MEM_HOT_PLUGGABLE ? " hotplug" : "");
	numa_memblks[nr_numa_memblks++] = (struct numa_memblk){ .start = start, .end = end, .nid = nid };
}

static u32 cpu_pxm(const struct acpi_table_srat *srat, const struct acpi_srat_cpu_affinity *c)
{
	u32 pxm = c->proximity_domain_lo;

	/* The upper 24 bits were reserved, and filled with anything, in the first revision. */
	if (srat->header.revision >= 2)
		pxm |= c->proximity_domain_hi[0] << 8 | c->proximity_domain_hi[1] << 16 | (u32)c->proximity_domain_hi[2] << 24;
	return pxm;
}

void srat_parse(const struct acpi_table_header *t, u32 length)
{
	const struct acpi_table_srat *srat = (const void *)t;
	const u8 *p = (const u8 *)(srat + 1), *end = (const u8 *)t + length;
	const struct acpi_subtable_header *h;

	nr_numa_memblks = nr_numa_nodes = 0;
	memset(apicid_to_node, 0, sizeof(apicid_to_node));
	if (length < sizeof(*srat)) {
		pr_warn("SRAT: %u bytes are too short: ignored\n", length);
		return;
	}
	for (; (h = acpi_next_subtable(p, end, ACPI_SIG_SRAT)); p += h->length) {
		const struct acpi_srat_cpu_affinity *c = (const void *)h;
		const struct acpi_srat_mem_affinity *m = (const void *)h;
		const struct acpi_srat_x2apic_cpu_affinity *x = (const void *)h;

		if (h->type == ACPI_SRAT_TYPE_CPU_AFFINITY && h->length >= sizeof(*c)) {
			if (c->flags & ACPI_SRAT_ENABLED)
				cpu_affinity(cpu_pxm(srat, c), c->apic_id);
		} else if (h->type == ACPI_SRAT_TYPE_MEMORY_AFFINITY && h->length >= sizeof(*m)) {
			if (m->flags & ACPI_SRAT_ENABLED)
				memory_affinity(m);
		} else if (h->type == ACPI_SRAT_TYPE_X2APIC_CPU_AFFINITY && h->length >= sizeof(*x)) {
			if (x->flags & ACPI_SRAT_ENABLED)
				cpu_affinity(x->proximity_domain, x->apic_id);
		} else if (h->type <= ACPI_SRAT_TYPE_X2APIC_CPU_AFFINITY) {
			pr_warn("SRAT: entry of type %u with a length of %u is too short: ignored\n", h->type, h->length);
		}
	}
}
