/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/irq.h - for interrupt controllers: the line (irq_desc), the controller's operations (irq_chip), and between them
 * the flow handler, which knows in which order a kind of line wants to be masked, acknowledged and served.
 *
 *	vector --> vector_irq[] --> irq_desc --handle_irq--> flow handler --> each irqaction's handler
 *	                               '--chip--> mask, unmask, ack, eoi
 */
#ifndef PRIMER_IRQ_H
#define PRIMER_IRQ_H

#include <primer/cpumask.h>
#include <primer/interrupt.h>
#include <primer/spinlock.h>
#include <primer/types.h>

struct irq_desc;
struct seq_buf;
typedef void (*irq_flow_handler_t)(struct irq_desc *desc);

/* How a line signals; the values are those of IRQF_TRIGGER_*. */
enum {
	IRQ_TYPE_NONE		= 0,
	IRQ_TYPE_EDGE_RISING	= 1,
	IRQ_TYPE_EDGE_FALLING	= 2,
	IRQ_TYPE_LEVEL_HIGH	= 4,
	IRQ_TYPE_LEVEL_LOW	= 8,
	IRQ_TYPE_LEVEL_MASK	= 12,
	IRQ_TYPE_SENSE_MASK	= 15
};

/* What a chip needs to know of a line. [chip, chip_data, irq: immutable while the line has actions; affinity: desc->lock] */
struct irq_data {
	unsigned int irq;
	unsigned int vector;		/* 0: none */
	struct irq_chip *chip;
	void *chip_data;
	unsigned int type;		/* IRQ_TYPE_* */
	cpumask_t affinity;		/* where it may go */
	cpumask_t effective_affinity;	/* where the chip sends it */
};

/*
 * The operations of a controller. All are called with desc->lock held and interrupts off; those that are NULL are left out.
 *
 * irq_startup, irq_shutdown	the first user came, the last went; default: unmask, mask
 * irq_mask, irq_unmask		hold the line off; let it through
 * irq_ack			the interrupt has been noticed, the next may come (edge)
 * irq_mask_ack			both, if that is cheaper than one after the other
 * irq_eoi			the interrupt has been served (fasteoi)
 * irq_set_affinity		0 and data->effective_affinity written, or -errno
 * irq_set_type			0, or -errno for a trigger that it cannot do
 * irq_retrigger		make it come again, by software; false: cannot
 * irq_hwirq			the controller's own number of the line, for /proc/interrupts
 */
struct irq_chip {
	const char *name;		/* in /proc/interrupts */
	unsigned int (*irq_startup)(struct irq_data *data);
	void (*irq_shutdown)(struct irq_data *data);
	void (*irq_mask)(struct irq_data *data);
	void (*irq_unmask)(struct irq_data *data);
	void (*irq_ack)(struct irq_data *data);
	void (*irq_mask_ack)(struct irq_data *data);
	void (*irq_eoi)(struct irq_data *data);
	int (*irq_set_affinity)(struct irq_data *data, const cpumask_t *dest, bool force);
	int (*irq_set_type)(struct irq_data *data, unsigned int flow_type);
	bool (*irq_retrigger)(struct irq_data *data);
	unsigned int (*irq_hwirq)(struct irq_data *data);
};

/* One user of a line. [next: desc->lock to write; read without by the handler's CPU while INPROGRESS is set; the rest immutable] */
struct irqaction {
	irq_handler_t handler;
	void *dev_id;
	struct irqaction *next;
	unsigned int irq;
	unsigned long flags;		/* IRQF_* */
	const char *name;
};

/* Bits of istate. */
#define IRQS_INPROGRESS		0x0001	/* a CPU runs its handlers */
#define IRQS_PENDING		0x0002	/* it came while it could not be served */
#define IRQS_MASKED		0x0004	/* at the chip */
#define IRQS_DISABLED		0x0008	/* depth > 0: by disable_irq(), or nobody uses it */
#define IRQS_REPLAY		0x0010	/* sent again by software, not yet arrived */
#define IRQS_SPURIOUS_DISABLED	0x0020	/* nobody cared */
#define IRQS_NOBALANCING	0x0040
#define IRQS_NOREQUEST		0x0080	/* the line cannot be requested (the cascade) */
#define IRQS_STARTED		0x0100

/*
 * A line. Zones: [L] lock; [handlers] the CPU that set INPROGRESS.
 */
struct irq_desc {
	struct irq_data irq_data;
	irq_flow_handler_t handle_irq;		/* [L to write] */
	struct irqaction *action;		/* [L] list of users */
	spinlock_t lock;			/* rank LOCK_RANK_IRQ_DESC, taken in hard interrupts */
	unsigned int istate;			/* [L] IRQS_* */
	unsigned int depth;			/* [L] nested disables; 1 while nobody uses it */
	unsigned int irq_count;			/* [handlers] for the judgement on spurious ones: see spurious.c */
	unsigned int irqs_unhandled;		/* [handlers] */
	u64 last_unhandled;			/* [handlers] ns */
	unsigned int __percpu *kstat_irqs;	/* [owner CPU] how often it came */
	const char *name;			/* of the flow: "edge", "fasteoi" */
} __aligned(64);

/*
 * irq_to_desc - the line of interrupt number @irq, or NULL. irq_desc_alloc - make it (-ENOMEM, -EINVAL as ERR_PTR; the one that is there
 * when there is one). Lines stay for ever. Context: any; alloc: task or boot.
 */
extern struct irq_desc *irq_descs[NR_IRQS];
static inline struct irq_desc *irq_to_desc(unsigned int irq)	{ return irq < NR_IRQS ? READ_ONCE(irq_descs[irq]) : NULL; }
struct irq_desc *irq_desc_alloc(unsigned int irq);
/* irq_desc_release - nobody uses @irq any more (all its users are gone): no controller, no vector; irq_alloc_number() may give it again. */
void irq_desc_release(unsigned int irq);
#define nr_irqs		NR_IRQS
/* irq_alloc_number - the lowest number from @from on that has no line, or a released one; -ENOSPC. Its line is then made. */
int irq_alloc_number(unsigned int from);

/* irq_set_chip_and_handler_name - the controller and flow of a line that nobody uses yet. irq_set_handler - the flow alone. Context: any. */
int irq_set_chip_and_handler_name(unsigned int irq, struct irq_chip *chip, irq_flow_handler_t handle, const char *name);
void irq_set_handler(unsigned int irq, irq_flow_handler_t handle, const char *name);
void irq_set_chip_data(unsigned int irq, void *data);
/* irq_set_type - how the line signals. 0, -EINVAL, or the chip's errno. Context: any. */
int irq_set_type(unsigned int irq, unsigned int type);

/* The flows (kernel/irq/chip.c). Context: hard interrupt, interrupts off. */
void handle_edge_irq(struct irq_desc *desc);
void handle_level_irq(struct irq_desc *desc);
void handle_fasteoi_irq(struct irq_desc *desc);
void handle_simple_irq(struct irq_desc *desc);
void handle_percpu_irq(struct irq_desc *desc);
void handle_bad_irq(struct irq_desc *desc);

/* generic_handle_irq - @irq has come. Context: hard interrupt, interrupts off. -EINVAL: no such line. */
static __always_inline void generic_handle_irq_desc(struct irq_desc *desc)	{ desc->handle_irq(desc); }
int generic_handle_irq(unsigned int irq);

/* kstat_irqs_cpu, kstat_irqs_usr - how often @irq has come on @cpu; on all. */
unsigned int kstat_irqs_cpu(unsigned int irq, unsigned int cpu);
unsigned int kstat_irqs_usr(unsigned int irq);

/* ---- vectors ---------------------------------------------------------------------------------------------------- */

/*
 * vector_irq - whose a vector is; NULL: nobody's. One table for all CPUs: a vector means the same line everywhere, so a line can be moved
 * between CPUs with one write to its controller. [written under vector_lock; read by interrupts]
 *
 * assign_irq_vector - give the line @irq a vector (the ISA vector below 16); returns it, the one it has, or -ENOSPC. Context: any.
 */
extern struct irq_desc *vector_irq[NR_VECTORS];
int assign_irq_vector(unsigned int irq);
void free_irq_vector(unsigned int irq);

/* handle_unowned_vector - a vector came that vector_irq[] does not know. Context: hard interrupt. */
void handle_unowned_vector(unsigned int vector);

/* early_irq_init - interrupt stacks of the boot CPU, the ISA lines' records. Boot, once, before init_IRQ(). */
void early_irq_init(void);
/* irq_init_percpu_irqstack - an interrupt stack for CPU @cpu, before that one starts. 0 or -ENOMEM. Context: task; may sleep. */
int irq_init_percpu_irqstack(unsigned int cpu);

/* ---- what /proc shows --------------------------------------------------------------------------------------------- */

/*
 * show_interrupts_header, show_interrupt, arch_show_interrupts - the head of /proc/interrupts, the line of @irq (nothing when it is not
 * used), the CPU's own lines. show_softirqs - /proc/softirqs. Context: task.
 */
void show_interrupts_header(struct seq_buf *s);
void show_interrupt(struct seq_buf *s, unsigned int irq);
void arch_show_interrupts(struct seq_buf *s);
void show_softirqs(struct seq_buf *s);
u64 arch_irq_stat_cpu(unsigned int cpu);

/* In /proc/irq. irq_default_affinity: where lines go that nobody has moved. */
extern cpumask_t irq_default_affinity;

#endif
