/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/irqchip/ioapic.c - the I/O APICs: a table that turns pins into messages.
 *
 * An I/O APIC has some 24 pins and for each a 64-bit entry that says what to send to whom when the pin is asserted:
 *
 *	 63     56 55          17  16   15      14      13      12       11     10  8  7      0
 *	+---------+--------------+----+-------+-----+--------+---------+------+------+--------+
 *	| dest    |      0       |mask|trigger| IRR |polarity|delivery |logical| mode | vector |
 *	+---------+--------------+----+-------+-----+--------+---------+------+------+--------+
 *	 APIC ID of               1:   1:      level: 1: low           0:      0:
 *	 the CPU                  off  level   sent,                   physical fixed
 *	                                       no EOI yet
 *
 * There are only two registers in memory: IOREGSEL takes the number of an internal register, IOWIN is its contents. So an access is two
 * steps under ioapic_lock.
 *
 * Level and edge. A level pin sends one message and then waits, remembering so in IRR, until the CPU's EOI for that vector comes back as a
 * broadcast; if the pin is still asserted, it sends again. Hence handle_fasteoi_irq: nothing need be masked while the handler runs.
 * An edge pin forgets at once.
 *
 * Who is on which pin. The firmware's tables say so. An ISA interrupt is on the pin of its number unless an override says otherwise; the
 * timer practically always is (IRQ 0 on pin 2, where the cascade used to be). Interrupt numbers are GSIs, pins counted over all I/O APICs,
 * but ISA ones keep their old number.
 *
 *	bus IRQ 0 --override--> GSI 2 --> I/O APIC 0 (gsi_base 0), pin 2 --vector 0x30--> CPU
 *
 * Moving. The destination is the upper half of the entry: one write. Vector and everything else stay (kernel/irq/irqdesc.c says why they can),
 * so no interrupt can see half a change.
 *
 * Locking. The tables of pins are written at boot; ioapic_lock for the registers, interrupts off, under a desc->lock.
 *
 * References: Intel 82093AA data sheet, chapter 3. Linux (arch/x86/kernel/apic/io_apic.c) has 20 years of boards that lie about their
 * wiring, and checks by trial whether the timer arrives.
 */
#define pr_fmt(fmt) "IOAPIC: " fmt
#include <primer/err.h>
#include <primer/errno.h>
#include <primer/init.h>
#include <primer/ioremap.h>
#include <primer/irq.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <asm/apic.h>
#include <asm/io.h>
#include <asm/io_apic.h>

#define IOAPIC_REG_ID		0
#define IOAPIC_REG_VERSION	1		/* bits 16-23: number of the last pin */
#define IOAPIC_REG_TABLE(pin)	(0x10 + 2 * (pin))	/* low half; the high one follows */
#define IOREGSEL		0x00
#define IOWIN			0x10

#define RTE_MASKED		(1U << 16)
#define RTE_LEVEL		(1U << 15)
#define RTE_ACTIVE_LOW		(1U << 13)

#define MAX_PINS		240

struct ioapic {
	u8 id;
	unsigned int pins;		/* 0: does not work */
	u32 gsi_base;
	phys_addr_t phys;
	void __iomem *regs;
};

/* A pin in use: irq_data.chip_data. low, high: what its entry holds. [L: desc->lock of its line] */
struct ioapic_pin {
	struct ioapic *ioapic;
	unsigned int pin;
	u32 low, high;
};

static struct ioapic ioapics[MAX_IO_APICS];	/* [immutable after setup_IO_APIC()] */
unsigned int nr_ioapics;
u32 gsi_top;
static bool ioapic_used __read_mostly;
static bool noapic __initdata;

/* Where an ISA interrupt is wired. [immutable after setup_IO_APIC()] */
static struct isa_wire {
	u32 gsi;
	u16 flags;
	bool overridden;
} isa_wires[NR_ISA_IRQS];

static DEFINE_SPINLOCK(ioapic_lock, LOCK_RANK_IRQ_CHIP);	/* IOREGSEL and IOWIN belong together */

static int __init setup_noapic(char *arg)
{
	(void)arg;
	noapic = true;
	return 0;
}
early_param("noapic", setup_noapic);

/* ---- registers ------------------------------------------------------------------------------------------------------ */

static u32 io_apic_read(const struct ioapic *io, unsigned int reg)
{
	unsigned long flags;
	u32 v;

	spin_lock_irqsave(&ioapic_lock, flags);
	writel(reg, io->regs + IOREGSEL);
	v = readl(io->regs + IOWIN);
	spin_unlock_irqrestore(&ioapic_lock, flags);
	return v;
}

static void io_apic_write(const struct ioapic *io, unsigned int reg, u32 v)
{
	unsigned long flags;

	spin_lock_irqsave(&ioapic_lock, flags);
	writel(reg, io->regs + IOREGSEL);
	writel(v, io->regs + IOWIN);
	spin_unlock_irqrestore(&ioapic_lock, flags);
}

static void write_low(const struct ioapic_pin *p)	{ io_apic_write(p->ioapic, IOAPIC_REG_TABLE(p->pin), p->low); }
static void write_high(const struct ioapic_pin *p)	{ io_apic_write(p->ioapic, IOAPIC_REG_TABLE(p->pin) + 1, p->high); }

/* ---- the chip -------------------------------------------------------------------------------------------------------- */

static void ioapic_mask(struct irq_data *data)
{
	struct ioapic_pin *p = data->chip_data;

	p->low |= RTE_MASKED;
	write_low(p);
}

static void ioapic_unmask(struct irq_data *data)
{
	struct ioapic_pin *p = data->chip_data;

	p->low &= ~RTE_MASKED;
	write_low(p);
}

/* Both at the local APIC: for an edge pin that is all; for a level pin the APIC tells us. */
static void ioapic_ack(struct irq_data *data)
{
	(void)data;
	apic_eoi();
}

/* Of the online CPUs in @mask, the one to which the fewest lines go. */
static unsigned int least_loaded(const cpumask_t *mask, unsigned int irq)
{
	unsigned int best = NR_CPUS, best_lines = UINT_MAX, cpu;

	for_each_cpu_and(cpu, mask, cpu_online_mask) {
		unsigned int lines = 0;

		for (unsigned int i = 0; i < NR_IRQS; i++) {
			const struct irq_desc *d = irq_to_desc(i);

			lines += d && i != irq && READ_ONCE(d->action) &&
				 cpumask_test_cpu(cpu, &d->irq_data.effective_affinity);
		}
		if (lines < best_lines) {
			best_lines = lines;
			best = cpu;
		}
	}
	return best;
}

static int ioapic_set_affinity(struct irq_data *data, const cpumask_t *mask, bool force)
{
	struct ioapic_pin *p = data->chip_data;
	unsigned int cpu;

	(void)force;
	/* Already well: do not move without need. */
	if (!cpumask_empty(&data->effective_affinity) && cpumask_subset(&data->effective_affinity, mask))
		return 0;
	cpu = least_loaded(mask, data->irq);
	if (cpu >= NR_CPUS)
		return -EINVAL;
	data->effective_affinity = *cpumask_of(cpu);
	p->high = cpu_physical_id(cpu) << 24;
	write_high(p);
	return 0;
}

static int ioapic_set_type(struct irq_data *data, unsigned int type)
{
	struct irq_desc *desc = container_of(data, struct irq_desc, irq_data);
	struct ioapic_pin *p = data->chip_data;
	bool level = type & IRQ_TYPE_LEVEL_MASK;

	if (type == IRQ_TYPE_EDGE_FALLING || type == IRQ_TYPE_LEVEL_LOW)
		p->low |= RTE_ACTIVE_LOW;
	else
		p->low &= ~RTE_ACTIVE_LOW;
	if (level)
		p->low |= RTE_LEVEL;
	else
		p->low &= ~RTE_LEVEL;
	write_low(p);
	desc->handle_irq = level ? handle_fasteoi_irq : handle_edge_irq;
	desc->name = level ? "fasteoi" : "edge";
	return 0;
}

static bool ioapic_retrigger(struct irq_data *data)
{
	unsigned int cpu = cpumask_first(&data->effective_affinity);

	if (cpu >= NR_CPUS)
		return false;
	default_send_IPI_single(cpu, data->vector);
	return true;
}

static unsigned int ioapic_hwirq(struct irq_data *data)
{
	return ((struct ioapic_pin *)data->chip_data)->pin;
}

static struct irq_chip ioapic_chip = {
	.name = "IO-APIC",
	.irq_mask = ioapic_mask,
	.irq_unmask = ioapic_unmask,
	.irq_ack = ioapic_ack,
	.irq_eoi = ioapic_ack,
	.irq_set_affinity = ioapic_set_affinity,
	.irq_set_type = ioapic_set_type,
	.irq_retrigger = ioapic_retrigger,
	.irq_hwirq = ioapic_hwirq,
};

/* ---- what the firmware's tables say ---------------------------------------------------------------------------------- */

int ioapic_register(u8 id, phys_addr_t phys, u32 gsi_base)
{
	struct ioapic *io;

	if (!phys || phys & 0xf) {
		pr_warn("id %u: impossible address %llx, ignored\n", id, (u64)phys);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < nr_ioapics; i++) {
		if (ioapics[i].phys == phys) {
			pr_warn("id %u: address %llx is there already, ignored\n", id, (u64)phys);
			return -EINVAL;
		}
	}
	if (nr_ioapics >= MAX_IO_APICS) {
		pr_warn("id %u: more than %d, ignored\n", id, MAX_IO_APICS);
		return -ENOSPC;
	}
	io = &ioapics[nr_ioapics++];
	*io = (struct ioapic){ .id = id, .phys = phys, .gsi_base = gsi_base };
	return 0;
}

int ioapic_override(u8 bus_irq, u32 gsi, u16 flags)
{
	if (bus_irq >= NR_ISA_IRQS || gsi >= NR_IRQS) {
		pr_warn("override of ISA interrupt %u by GSI %u ignored\n", bus_irq, gsi);
		return -EINVAL;
	}
	isa_wires[bus_irq] = (struct isa_wire){ .gsi = gsi, .flags = flags, .overridden = true };
	return 0;
}

/* ---- lines ----------------------------------------------------------------------------------------------------------- */

static struct ioapic *find_ioapic(u32 gsi)
{
	for (unsigned int i = 0; i < nr_ioapics; i++) {
		if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].pins)
			return &ioapics[i];
	}
	return NULL;
}

static unsigned int irq_type(u16 flags, bool level_default)
{
	unsigned int trig = flags & MP_IRQTRIG_MASK, pol = flags & MP_IRQPOL_MASK;
	bool level = trig == MP_IRQTRIG_DEFAULT ? level_default : trig == MP_IRQTRIG_LEVEL;
	bool low = pol == MP_IRQPOL_DEFAULT ? level_default : pol == MP_IRQPOL_ACTIVE_LOW;

	return level ? (low ? IRQ_TYPE_LEVEL_LOW : IRQ_TYPE_LEVEL_HIGH) : low ? IRQ_TYPE_EDGE_FALLING : IRQ_TYPE_EDGE_RISING;
}

/* Make line @irq come from @gsi. Masked; its entry is complete. */
static int connect(unsigned int irq, u32 gsi, unsigned int type)
{
	struct irq_desc *desc = irq_desc_alloc(irq);
	struct ioapic *io = find_ioapic(gsi);
	struct ioapic_pin *p;
	int vector;

	if (!io)
		return -EINVAL;
	if (IS_ERR(desc))
		return (int)PTR_ERR(desc);
	p = kmalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	vector = assign_irq_vector(irq);
	if (vector < 0) {
		kfree(p);
		return vector;
	}
	*p = (struct ioapic_pin){ .ioapic = io, .pin = gsi - io->gsi_base, .low = RTE_MASKED | (u32)vector,
				  .high = cpu_physical_id(0) << 24 };
	irq_set_chip_data(irq, p);
	write_high(p);
	irq_set_chip_and_handler_name(irq, &ioapic_chip, handle_edge_irq, "edge");
	return irq_set_type(irq, type);
}

int gsi_to_irq(u32 gsi)
{
	if (!ioapic_used)
		return gsi < NR_ISA_IRQS ? (int)gsi : -EINVAL;
	for (int irq = 0; irq < NR_ISA_IRQS; irq++) {
		if (isa_wires[irq].gsi == gsi && irq != 2)
			return irq;
	}
	return find_ioapic(gsi) && gsi < NR_IRQS ? (int)gsi : -EINVAL;
}

int acpi_register_gsi(u32 gsi, u16 flags)
{
	int irq = gsi_to_irq(gsi);
	struct irq_desc *desc;
	int ret;

	if (irq < 0 || !ioapic_used)
		return irq;
	desc = irq_to_desc(irq);
	if (!desc || !desc->irq_data.chip_data)
		ret = connect(irq, gsi, irq_type(flags, true));
	else	/* A line that an override or somebody else described keeps that, if the caller has no opinion. */
		ret = flags ? irq_set_type(irq, irq_type(flags, true)) : 0;
	return ret ?: irq;
}

bool ioapic_is_used(void)
{
	return ioapic_used;
}

/* ---- boot ------------------------------------------------------------------------------------------------------------ */

void clear_IO_APIC(void)
{
	for (unsigned int i = 0; i < nr_ioapics; i++) {
		for (unsigned int pin = 0; pin < ioapics[i].pins; pin++)
			io_apic_write(&ioapics[i], IOAPIC_REG_TABLE(pin), RTE_MASKED);
	}
}

static void __init map_ioapic(unsigned int i)
{
	struct ioapic *io = &ioapics[i];
	unsigned int version;

	set_fixmap_nocache(FIX_IO_APIC_BASE_0 + i, io->phys & PAGE_MASK);
	io->regs = (void __iomem *)(fix_to_virt(FIX_IO_APIC_BASE_0 + i) + (io->phys & ~PAGE_MASK));
	version = io_apic_read(io, IOAPIC_REG_VERSION);
	io->pins = (version >> 16 & 0xff) + 1;
	/* All ones is what an address without a device behind it reads as. */
	if (version == ~0U || io->pins > MAX_PINS) {
		pr_warn("id %u at %llx does not answer, ignored\n", io->id, (u64)io->phys);
		io->pins = 0;
		return;
	}
	gsi_top = max(gsi_top, io->gsi_base + io->pins);
	printk(KERN_INFO "IOAPIC[%u]: apic_id %u, version %u, address 0x%llx, GSI %u-%u\n", i, io->id, version & 0xff,
	       (u64)io->phys, io->gsi_base, io->gsi_base + io->pins - 1);
}

bool __init setup_IO_APIC(void)
{
	unsigned int irq;

	if (noapic || !nr_ioapics) {
		if (noapic)
			pr_info("disabled by the command line\n");
		return false;
	}
	for (unsigned int i = 0; i < nr_ioapics; i++)
		map_ioapic(i);
	if (!gsi_top)
		return false;
	clear_IO_APIC();
	ioapic_used = true;
	for (irq = 0; irq < NR_ISA_IRQS; irq++) {
		if (!isa_wires[irq].overridden)
			isa_wires[irq].gsi = irq;
	}
	for (irq = 0; irq < NR_ISA_IRQS; irq++) {
		/* A pin that an override gave to another interrupt is not this one's: IRQ 2 on pin 2, usually. */
		if (gsi_to_irq(isa_wires[irq].gsi) != (int)irq)
			continue;
		if (connect(irq, isa_wires[irq].gsi, irq_type(isa_wires[irq].flags, false)))
			pr_warn("ISA interrupt %u (GSI %u) has no pin\n", irq, isa_wires[irq].gsi);
	}
	return true;
}
