/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/topology.h - which CPUs are threads of one core, cores of one package, packages near one memory.
 *
 * Known when the CPUs are online. Context: any.
 */
#ifndef ASM_TOPOLOGY_H
#define ASM_TOPOLOGY_H

#include <primer/cpumask.h>

/* detect_topology - find out how APIC IDs are divided. Boot CPU, after early_cpu_init(). */
void detect_topology(void);

/* topology_core_id - the number of the core within its package; topology_physical_package_id - of the package. */
unsigned int topology_core_id(int cpu);
unsigned int topology_physical_package_id(int cpu);
/* topology_sibling_cpumask - the online threads of @cpu's core, topology_core_cpumask - those of its package; @cpu among them. */
cpumask_t topology_sibling_cpumask(int cpu);
cpumask_t topology_core_cpumask(int cpu);

/* numa_set_node - the firmware says that @cpu is near the memory of node @nid. [boot] cpu_to_node - which; 0 when nobody said. */
void numa_set_node(int cpu, int nid);
int cpu_to_node(int cpu);
/* cpumask_of_node - the online CPUs of it. */
cpumask_t cpumask_of_node(int nid);

#endif
