/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/interrupt.h - for drivers: interrupt lines, softirqs, tasklets.
 *
 *	hard interrupt	the handler of a line: at once, interrupts off; does the least, raises the rest
 *	softirq		one of ten fixed functions: right after the hard interrupt, interrupts on; the same one may run on several CPUs
 *	tasklet		a function and its data, many, run by a softirq; never on two CPUs at a time
 *
 * The theory is in kernel/irq/handle.c, softirq.c and tasklet.c.
 */
#ifndef PRIMER_INTERRUPT_H
#define PRIMER_INTERRUPT_H

#include <primer/atomic.h>
#include <primer/bottom_half.h>
#include <primer/compiler.h>
#include <primer/cpumask.h>
#include <primer/hardirq.h>
#include <primer/types.h>
#include <asm/hardirq.h>
#include <asm/irq_vectors.h>

/* ---- lines ------------------------------------------------------------------------------------------------------- */

/* What a handler found: not mine; mine. Several handlers of a shared line: the sum counts. */
typedef enum irqreturn { IRQ_NONE = 0, IRQ_HANDLED = 1 } irqreturn_t;
#define IRQ_RETVAL(x)	((x) ? IRQ_HANDLED : IRQ_NONE)

typedef irqreturn_t (*irq_handler_t)(int irq, void *dev_id);

/* Linux's values. Trigger: 0 leaves what the firmware's tables said. */
#define IRQF_TRIGGER_NONE	0x00000000
#define IRQF_TRIGGER_RISING	0x00000001
#define IRQF_TRIGGER_FALLING	0x00000002
#define IRQF_TRIGGER_HIGH	0x00000004
#define IRQF_TRIGGER_LOW	0x00000008
#define IRQF_TRIGGER_MASK	0x0000000f
#define IRQF_SHARED		0x00000080	/* several devices on this line; all its users say so */
#define IRQF_PROBE_SHARED	0x00000100	/* -EBUSY is expected: no message */
#define __IRQF_TIMER		0x00000200
#define IRQF_PERCPU		0x00000400	/* the line is each CPU's own: no affinity */
#define IRQF_NOBALANCING	0x00000800	/* affinity is not to be changed from outside */
#define IRQF_IRQPOLL		0x00001000
#define IRQF_NO_THREAD		0x00010000
#define IRQF_NO_AUTOEN		0x00080000	/* stays disabled until enable_irq() */
#define IRQF_TIMER		(__IRQF_TIMER | IRQF_NO_THREAD)

/*
 * request_irq - call @handler(irq, @dev_id) whenever @irq comes; the line is enabled
 * @name: for /proc/interrupts, not copied; @dev_id: whose it is, not NULL with IRQF_SHARED
 *
 * 0; -EINVAL no such line or a bad combination; -EBUSY taken, and one side did not say IRQF_SHARED (or other trigger);
 * -ENOMEM. The handler may be called before this returns. Context: task, or boot after init_IRQ(). The handler: hard interrupt,
 * interrupts off, must not sleep or turn them on; it never runs twice at the same time for one line.
 */
int __must_check request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name, void *dev_id);

/*
 * free_irq - the handler of @dev_id goes; when this returns it does not run any more, anywhere. The line is shut down with the last.
 *
 * Returns the name given to request_irq(), or NULL with a warning when there is no such handler. Context: task; not from the
 * handler itself (it waits for it).
 */
const void *free_irq(unsigned int irq, void *dev_id);

/*
 * disable_irq - no handler of @irq runs, and none starts until as many enable_irq(); disable_irq_nosync does not wait for one
 * that runs now, and so may be called by it. Nests. Context: disable_irq: task; the others: any.
 */
void disable_irq(unsigned int irq);
void disable_irq_nosync(unsigned int irq);
void enable_irq(unsigned int irq);

/* synchronize_irq - wait until no handler of @irq that had begun is running. Context: task; interrupts on; not under a lock the
 * handler takes. */
void synchronize_irq(unsigned int irq);

/*
 * irq_set_affinity - deliver @irq to a CPU of @mask; irq_can_set_affinity - would that work?
 *
 * 0; -EINVAL: no online CPU in the mask, or no such line; -EIO: the controller cannot. Context: any.
 */
int irq_set_affinity(unsigned int irq, const cpumask_t *mask);
bool irq_can_set_affinity(unsigned int irq);

/* ---- softirqs ------------------------------------------------------------------------------------------------------ */

/* In order of service: the lower number first. */
enum {
	HI_SOFTIRQ = 0,
	TIMER_SOFTIRQ,
	NET_TX_SOFTIRQ,
	NET_RX_SOFTIRQ,
	BLOCK_SOFTIRQ,
	IRQ_POLL_SOFTIRQ,
	TASKLET_SOFTIRQ,
	SCHED_SOFTIRQ,
	HRTIMER_SOFTIRQ,
	RCU_SOFTIRQ,
	NR_SOFTIRQS
};

struct softirq_action {
	void (*action)(struct softirq_action *);
};

/* The names of /proc/softirqs. */
extern const char *const softirq_to_name[NR_SOFTIRQS];

/* open_softirq - @action serves softirq @nr on all CPUs, from now on. Boot. It runs with interrupts on, must not sleep, and only one
 * softirq runs at a time on one CPU. */
void open_softirq(unsigned int nr, void (*action)(struct softirq_action *));

/*
 * raise_softirq - serve softirq @nr on this CPU soon: at the end of the interrupt or of the bottom-half section that we are in, else by
 * ksoftirqd
 *
 * raise_softirq_irqoff: interrupts are off already. __raise_softirq_irqoff: and somebody will look anyway (an interrupt is being served).
 */
void raise_softirq(unsigned int nr);
void raise_softirq_irqoff(unsigned int nr);
void __raise_softirq_irqoff(unsigned int nr);

/* do_softirq - serve what is pending now, unless we are in an interrupt or softirq. Context: any. */
void do_softirq(void);
/* __do_softirq - the service itself. Context: interrupts off, preempt_count without softirq and hardirq bits. */
void __do_softirq(void);
void softirq_init(void);

/* wakeup_softirqd_hook - wake this CPU's ksoftirqd; false: it has none. kernel/kthread lends it. Context: interrupts off. */
extern bool (*wakeup_softirqd_hook)(void);
/* ksoftirqd - this CPU's; NULL: not made yet. [written once, by kernel/kthread] */
struct task_struct;
DECLARE_PER_CPU(struct task_struct *, ksoftirqd);

/* ---- tasklets ------------------------------------------------------------------------------------------------------ */

/* TASKLET_STATE_*: bits of state. */
enum {
	TASKLET_STATE_SCHED,	/* it is on a CPU's list */
	TASKLET_STATE_RUN	/* a CPU runs it */
};

/* [next: owner CPU of the list, interrupts off; state, count: atomic; the rest immutable] */
struct tasklet_struct {
	struct tasklet_struct *next;
	unsigned long state;
	atomic_t count;			/* not 0: disabled */
	void (*callback)(struct tasklet_struct *t);
};

#define DECLARE_TASKLET(name, fn)		struct tasklet_struct name = { .count = ATOMIC_INIT(0), .callback = (fn) }
#define DECLARE_TASKLET_DISABLED(name, fn)	struct tasklet_struct name = { .count = ATOMIC_INIT(1), .callback = (fn) }
#define from_tasklet(var, t, field)		container_of(t, __typeof__(*(var)), field)

void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *));

void __tasklet_schedule(struct tasklet_struct *t);
void __tasklet_hi_schedule(struct tasklet_struct *t);

/*
 * tasklet_schedule - run @t once, soon, on this CPU; one that waits already is not queued again. _hi_: before all other softirqs.
 *
 * A tasklet scheduled while it runs runs again afterwards. Its memory must stay until tasklet_kill(). Context: any.
 */
static inline void tasklet_schedule(struct tasklet_struct *t)
{
	if (!test_and_set_bit(TASKLET_STATE_SCHED, &t->state))
		__tasklet_schedule(t);
}

static inline void tasklet_hi_schedule(struct tasklet_struct *t)
{
	if (!test_and_set_bit(TASKLET_STATE_SCHED, &t->state))
		__tasklet_hi_schedule(t);
}

/*
 * tasklet_disable - @t does not run, and will not until tasklet_enable(); it waits for a run in progress. Nests. Scheduled, it stays
 * on its list. tasklet_kill - wait until @t is neither on a list nor running; nobody may schedule it again meanwhile.
 * Context: task. tasklet_disable_nosync does not wait: any.
 */
static inline void tasklet_disable_nosync(struct tasklet_struct *t)
{
	atomic_inc(&t->count);
	smp_mb__after_atomic();		/* before our look at RUN: pairs with tasklet_action_common()'s order of RUN, count */
}
void tasklet_unlock_wait(struct tasklet_struct *t);
void tasklet_disable(struct tasklet_struct *t);
void tasklet_enable(struct tasklet_struct *t);
void tasklet_kill(struct tasklet_struct *t);

#ifdef CONFIG_DEBUG
/* tasklet_planted - tests only: tasklets now and then run although another CPU runs them. */
extern bool tasklet_planted;
#endif

#endif
