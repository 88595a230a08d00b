/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/init/smp_boot.c - waking the other CPUs.
 *
 * The problem. Every CPU but the first sleeps until it is told to start, at an address below 1 MiB, in real mode, and knows nothing: no
 * stack, no page tables, not its number. It may also not come at all. And many of them should not take many times as long.
 *
 * The idea. The boot CPU makes everything ready for each of them, then wakes all at once, and lets them find by themselves what is
 * theirs (boot/trampoline.asm):
 *
 *	boot CPU (PID 1)					CPU n
 *	trampoline into its page
 *	for each: idle task, its stack, per-CPU words,		(halted by the firmware)
 *		  interrupt stack; state = KICKED
 *	for each: INIT
 *	for each: STARTUP, twice  --------------------------->	trampoline_start ... start_secondary()
 *								cpu_init(): GDT, TSS, MSRs, CR4, PAT, FPU
 *								state: KICKED -> ALIVE
 *								local APIC, timer
 *	wait until all are online  <--------------------------	online, active; interrupts on; idle
 *
 * Who does not come. After the time that anybody could need, the boot CPU tries to change a state from KICKED to GIVEN_UP, with the
 * same atomic exchange with which the CPU itself makes it ALIVE. One of them wins: a CPU that comes too late finds that it is not wanted,
 * and halts for ever. One that is ALIVE is waited for without limit: it is in our code.
 *
 * Twice, because the protocol says so (Intel SDM vol. 3, 8.4.4.1; MultiProcessor Specification, B.4): a CPU that has started ignores
 * the second STARTUP. The pauses of the specification, 10 ms after INIT and 200 us after STARTUP, are for CPUs of the last century with
 * a separate APIC chip; family 6 and later need none after INIT and 10 us after STARTUP, as Linux does.
 *
 * CPUs that the command line forbids (maxcpus=, nosmp) stay present, and halted.
 *
 * Locking: none. Until it is online, a CPU is known to PID 1 only; what it needs is written before the STARTUP is sent, which is
 * a barrier (the ICR's page is uncached).
 *
 * Linux (arch/x86/kernel/smpboot.c) brings up one after the other, through the states of its hotplug machine, and checks
 * that the new CPU's time-stamp counter agrees.
 */
#include <primer/acpi.h>
#include <primer/delay.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/memblock.h>
#include <primer/mm.h>
#include <primer/mm_types.h>
#include <primer/mmu_context.h>
#include <primer/printk.h>
#include <primer/rcutree.h>
#include <primer/sched/task.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <primer/time_init.h>
#include <primer/vmalloc.h>
#include <asm/apic.h>
#include <asm/irq_stack.h>
#include <asm/irq_vectors.h>
#include <asm/irqflags.h>
#include <asm/page.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <asm/stackprotector.h>
#include <asm/topology.h>
#include <asm/tsc.h>
#include "init.h"

extern char trampoline_start[], trampoline_end[];	/* boot/trampoline.asm */
void start_secondary(unsigned int cpu) __noreturn;

#define LOW_MEMORY_END	0xa0000UL		/* above are screen memory and ROMs; vectors A0h to BFh are reserved */
#define ALIVE_LIMIT_NS	10000000000ULL		/* a CPU that has not come by then is not coming */
#define ALIVE_STEP_NS	1000000ULL		/* two looks are farther apart only if nobody ran: that is not counted */

enum cpu_boot_state { CPU_HALTED, CPU_KICKED, CPU_ALIVE, CPU_GIVEN_UP };
static atomic_t cpu_boot_state[NR_CPUS];	/* [KICKED: boot CPU; from KICKED on: whoever wins the exchange] */

static phys_addr_t trampoline_page __initdata;	/* 0: none */

/* ---- a page below 1 MiB -------------------------------------------------------------------------------------------- */

/* All of the first MiB is reserved (setup_arch.c); of what is RAM there, the highest page below the screen becomes the trampoline's. */
void __init reserve_real_mode(void)
{
	phys_addr_t page;

	for (page = LOW_MEMORY_END - PAGE_SIZE; page > PAGE_SIZE; page -= PAGE_SIZE) {
		if (!memblock_is_region_memory(page, PAGE_SIZE))
			continue;
		trampoline_page = page;
		return;
	}
}

static bool __init setup_real_mode(void)
{
	if (!trampoline_page) {
		pr_err("smpboot: no RAM below 640 KiB for the trampoline: only the boot CPU runs\n");
		return false;
	}
	memcpy(__va(trampoline_page), trampoline_start, trampoline_end - trampoline_start);
	return true;
}

/* ---- the new CPU's side -------------------------------------------------------------------------------------------- */

static void __noreturn halt_for_ever(void)
{
	for (;;) {
		local_irq_disable();
		halt();
	}
}

/*
 * The states of a local APIC, by two bits of IA32_APIC_BASE, and the only ways between them (SDM vol. 3, 10.12.5); any
 * other write is a general protection fault:
 *
 *	disabled  <--->  xAPIC  ---->  x2APIC
 *	    ^                             |
 *	    +-----------------------------+
 */
u64 apic_base_step(u64 have, u64 want)
{
	const u64 mode = XAPIC_ENABLE | X2APIC_ENABLE;

	if (have & X2APIC_ENABLE && !(want & X2APIC_ENABLE))
		return have & ~mode;
	if (!(have & XAPIC_ENABLE))
		want &= ~X2APIC_ENABLE;
	return (have & ~(mode | APICBASE_ADDR_MASK)) | want;
}

/*
 * The firmware chose a mode for the boot CPU, and all CPUs use that: apic_read() asks one variable. INIT does not change
 * the mode; so a firmware that has changed only the boot CPU's leaves the others where a reset puts them, in xAPIC mode.
 */
static void match_apic_mode(unsigned int cpu)
{
	u64 want = mp_lapic_addr | XAPIC_ENABLE | (x2apic_mode ? X2APIC_ENABLE : 0);
	u64 mask = XAPIC_ENABLE | X2APIC_ENABLE | (x2apic_mode ? 0 : APICBASE_ADDR_MASK);
	u64 base = rdmsrq(MSR_IA32_APICBASE);

	if (likely(!((base ^ want) & mask)))
		return;
	/* Three steps lead from any state to any other. Nothing is printed before: that may send an interrupt. */
	for (int step = 0; step < 3 && (base ^ want) & mask; step++) {
		wrmsrq(MSR_IA32_APICBASE, apic_base_step(base, want));
		base = rdmsrq(MSR_IA32_APICBASE);
	}
	pr_warn("smpboot: CPU%u had another APIC mode or address than the boot CPU: %s\n", cpu,
		(base ^ want) & mask ? "it cannot be changed" : "changed");
}

/*
 * The first C function of CPU @cpu, on its idle task's stack. Interrupts off, preempt_count 1; %gs, and with it current and the
 * stack's canary, are right already.
 */
void start_secondary(unsigned int cpu)
{
	struct task_struct *me = current;

	cpu_init();
	if (atomic_cmpxchg(&cpu_boot_state[cpu], CPU_KICKED, CPU_ALIVE) != CPU_KICKED)
		halt_for_ever();
	rcu_cpu_starting(cpu);

	/* Like every kernel thread, idle borrows an address space: the kernel's own, to begin with. */
	atomic_inc(&init_mm.mm_count);
	me->active_mm = &init_mm;

	match_apic_mode(cpu);
	setup_local_APIC();
	setup_secondary_APIC_clock();
	sched_cpu_starting(cpu);
	set_cpu_online(cpu, true);
	set_cpu_active(cpu, true);
	local_irq_enable();
	cpu_idle();
}

/* ---- the boot CPU's side ------------------------------------------------------------------------------------------- */

/* Leave for CPU @cpu what ap_find_self and start_secondary() count on. */
static int __init prepare_cpu(unsigned int cpu)
{
	struct task_struct *idle = fork_idle(cpu);
	void *irq_stack;

	if (IS_ERR(idle))
		return PTR_ERR(idle);
	if (!per_cpu(hardirq_stack_top, cpu)) {
		irq_stack = vmalloc(IRQ_STACK_SIZE);
		if (!irq_stack)
			return -ENOMEM;
		irq_stack_install(cpu, irq_stack);
	}
	idle->thread.sp = (unsigned long)task_pt_regs(idle);
	per_cpu(current_task, cpu) = idle;
	per_cpu(__preempt_count, cpu) = INIT_PREEMPT_COUNT;
	per_cpu(cpu_tlbstate, cpu) = (struct tlb_state){ .loaded_mm = &init_mm };
	set_stack_canary(cpu, idle);
	atomic_set(&cpu_boot_state[cpu], CPU_KICKED);
	return 0;
}

static void __init wake_cpus(const cpumask_t *cpus)
{
	bool old = boot_cpu_data.family < 6;
	unsigned int cpu;

	for_each_cpu(cpu, cpus)
		apic_send_init(cpu_physical_id(cpu));
	if (old)
		mdelay(10);
	for (int i = 0; i < 2; i++) {
		for_each_cpu(cpu, cpus)
			apic_send_startup(cpu_physical_id(cpu), trampoline_page);
		udelay(old ? 200 : 10);
	}
}

/* *@left: ns that we have patience for. */
static bool __init wait_for_cpu(unsigned int cpu, u64 *left)
{
	u64 last = sched_clock(), now;

	while (!cpu_online(cpu)) {
		now = sched_clock();
		*left -= min(*left, min(now - last, (u64)ALIVE_STEP_NS));
		last = now;
		if (!*left && atomic_cmpxchg(&cpu_boot_state[cpu], CPU_KICKED, CPU_GIVEN_UP) == CPU_KICKED) {
			pr_err("smpboot: CPU%u failed to come up (APIC ID %u)\n", cpu, cpu_physical_id(cpu));
			return false;
		}
		cpu_relax();
	}
	return true;
}

/* .... node  #0, CPUs:        #1   #2   #3 */
static void __init announce_cpus(const cpumask_t *cpus)
{
	unsigned int cpu;

	pr_info("x86: Booting SMP configuration:\n");
	pr_info(".... node  #0, CPUs:     ");
	for_each_cpu(cpu, cpus)
		pr_cont(" %4s%u", "#", cpu);
	pr_cont("\n");
}

/* Who shares a package with whom, for /proc/cpuinfo: the upper bits of an APIC ID name the package. */
static void __init count_siblings(void)
{
	unsigned int cpu, other;

	for_each_online_cpu(cpu) {
		struct cpuinfo_x86 *c = &per_cpu(cpu_info, cpu);

		c->booted_cores = 0;
		for_each_online_cpu(other)
			c->booted_cores += per_cpu(cpu_info, other).phys_proc_id == c->phys_proc_id;
	}
}

static void __init start_cpus(unsigned int max)
{
	cpumask_t cpus = CPU_MASK_NONE;
	unsigned int cpu, n = 1;
	u64 left = ALIVE_LIMIT_NS;

	for_each_present_cpu(cpu) {
		if (cpu_online(cpu) || n >= max)
			continue;
		if (prepare_cpu(cpu)) {
			pr_err("smpboot: no memory for CPU%u\n", cpu);
			break;
		}
		cpumask_set_cpu(cpu, &cpus);
		n++;
	}
	if (cpumask_empty(&cpus))
		return;
	announce_cpus(&cpus);
	wake_cpus(&cpus);
	for_each_cpu(cpu, &cpus)
		wait_for_cpu(cpu, &left);
}

void __init smp_init(void)
{
	unsigned int n, khz, cpu;

	pr_info("smpboot: Allowing %u CPUs, %u hotplug CPUs\n", num_possible_cpus(), 0U);
	if (!apic_enabled) {
		if (num_present_cpus() > 1)
			pr_warn("smpboot: SMP disabled: there is no local APIC to wake CPUs with\n");
		return;
	}
	set_sysvec(RESCHEDULE_VECTOR, sysvec_reschedule_ipi, SYSVEC_SIMPLE);
	set_sysvec(CALL_FUNCTION_VECTOR, sysvec_call_function, 0);
	set_sysvec(CALL_FUNCTION_SINGLE_VECTOR, sysvec_call_function_single, 0);

	if (!setup_max_cpus) {
		pr_info("smpboot: SMP mode deactivated\n");
	} else if (num_present_cpus() > 1 && setup_real_mode()) {
		smp_send_reschedule_hook = smp_send_reschedule;
		start_cpus(setup_max_cpus);
	}
	n = num_online_cpus();
	detect_topology();
	for_each_possible_cpu(cpu)
		numa_set_node(cpu, acpi_apicid_to_node(cpu_physical_id(cpu)));
	if (n > 1)
		sched_init_smp();
	count_siblings();
	khz = tsc_khz * n;
	pr_info("smp: Brought up 1 node, %u CPU%s\n", n, n == 1 ? "" : "s");
	pr_info("smpboot: Total of %u processors activated (%u.%02u BogoMIPS)\n", n, khz / 500, khz / 5 % 100);
}
