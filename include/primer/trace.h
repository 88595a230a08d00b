/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/trace.h - trace events: what happened, on which CPU, when, written down where it happens.
 *
 *	the place		trace_sched_switch(preempt, prev, next);	one test of one word while nobody listens
 *	the ring		kernel/trace/ring.c				a record in this CPU's memory
 *	the text		/proc/tracing/trace				merged by time, in ftrace's format
 *
 * An event is a row in TRACE_EVENTS, a payload structure and an inline function below, and the text of its payload in
 * kernel/trace/events.c. Names, fields and texts are Linux's, so that tools that read Linux's traces read these.
 */
#ifndef PRIMER_TRACE_H
#define PRIMER_TRACE_H

#include <primer/compiler.h>
#include <primer/types.h>

struct cpumask;
struct pt_regs;
struct seq_buf;
struct task_struct;

#define TRACE_COMM_LEN	16

/* EVENT(system, name) */
#define TRACE_EVENTS(EVENT) \
	EVENT(sched, sched_switch) \
	EVENT(sched, sched_waking) \
	EVENT(sched, sched_wakeup) \
	EVENT(sched, sched_wakeup_new) \
	EVENT(sched, sched_stat_runtime) \
	EVENT(sched, sched_migrate_task) \
	EVENT(sched, sched_process_fork) \
	EVENT(sched, sched_process_exec) \
	EVENT(sched, sched_process_exit) \
	EVENT(irq, irq_handler_entry) \
	EVENT(irq, irq_handler_exit) \
	EVENT(irq, softirq_raise) \
	EVENT(irq, softirq_entry) \
	EVENT(irq, softirq_exit) \
	EVENT(rcu, rcu_grace_period) \
	EVENT(rcu, rcu_exp_grace_period) \
	EVENT(rcu, rcu_quiescent_state_report) \
	EVENT(rcu, rcu_fqs) \
	EVENT(rcu, rcu_batch_start) \
	EVENT(rcu, rcu_batch_end) \
	EVENT(workqueue, workqueue_queue_work) \
	EVENT(workqueue, workqueue_activate_work) \
	EVENT(workqueue, workqueue_execute_start) \
	EVENT(workqueue, workqueue_execute_end) \
	EVENT(timer, timer_expire_entry) \
	EVENT(timer, timer_expire_exit) \
	EVENT(timer, hrtimer_expire_entry) \
	EVENT(timer, hrtimer_expire_exit) \
	EVENT(exceptions, page_fault_user) \
	EVENT(exceptions, page_fault_kernel) \
	EVENT(raw_syscalls, sys_enter) \
	EVENT(raw_syscalls, sys_exit) \
	EVENT(ftrace, print)

enum trace_event_id {
#define TRACE_ID(system, name) TRACE_##name,
	TRACE_EVENTS(TRACE_ID)
#undef TRACE_ID
	NR_TRACE_EVENTS
};

/* ---- payloads -------------------------------------------------------------------------------------------------------- */

struct trace_sched_switch {
	char prev_comm[TRACE_COMM_LEN], next_comm[TRACE_COMM_LEN];
	s32 prev_pid, prev_prio, next_pid, next_prio;
	char prev_state;		/* R S D T t X Z P I */
	bool preempted;			/* it could have gone on: "R+" */
};
struct trace_sched_task {		/* waking, wakeup, wakeup_new, migrate_task, exit */
	char comm[TRACE_COMM_LEN];
	s32 pid, prio, cpu, dest_cpu;
};
struct trace_sched_stat_runtime {
	char comm[TRACE_COMM_LEN];
	s32 pid;
	u64 runtime, vruntime;		/* nanoseconds */
};
struct trace_sched_process_fork {
	char comm[TRACE_COMM_LEN], child_comm[TRACE_COMM_LEN];
	s32 pid, child_pid;
};
struct trace_irq {
	s32 irq, ret;
	char name[24];			/* cut off */
};
struct trace_softirq {
	u32 vec;
};
struct trace_workqueue {
	u64 work, function;		/* function: 0 for activate_work */
	u32 req_cpu, cpu;		/* of queue_work, as all below */
	char workqueue[24];		/* the queue's name, whole */
};
struct trace_timer {
	u64 timer, function, now;	/* now: of a timer in jiffies, of an hrtimer in ns of its clock */
};
struct trace_page_fault {
	u64 address, ip, error_code;
};
struct trace_rcu {
	s64 gp_seq;
	u64 a, b;			/* what the event has in numbers: masks, a CPU, counts of callbacks */
	s32 lo, hi;			/* the CPUs of a node */
	char event[16];			/* cut off */
};
struct trace_sys_enter {
	s64 nr;
	u64 args[6];
};
struct trace_sys_exit {
	s64 nr, ret;
};

/* ---- the places ------------------------------------------------------------------------------------------------------- */

/* Bit TRACE_x: event x is written down. 0 while nobody listens. Changed by kernel/debug/tracing.c. */
extern u64 trace_event_mask;

/* A plain read, so that the compiler can test the word where it lies: two instructions. Who sees an old one misses an event. */
static __always_inline bool trace_event_enabled(enum trace_event_id id)
{
	return unlikely(trace_event_mask & 1ULL << id);
}

/*
 * The __trace_ functions write; the inline ones test first. Context: any, with any lock held, interrupts on or off; from an NMI
 * that interrupts a writer the event is counted as lost.
 */
void __trace_sched_switch(bool preempt, struct task_struct *prev, struct task_struct *next);
void __trace_sched_task(enum trace_event_id id, struct task_struct *p, int cpu, int dest_cpu);
void __trace_sched_stat_runtime(struct task_struct *p, u64 runtime, u64 vruntime);
void __trace_sched_process_fork(struct task_struct *parent, struct task_struct *child);
void __trace_sched_process_exec(struct task_struct *p, pid_t old_pid, const char *filename);
void __trace_irq(enum trace_event_id id, int irq, const char *name, int ret);
void __trace_softirq(enum trace_event_id id, unsigned int vec);
void __trace_workqueue(enum trace_event_id id, const void *work, const void *function, int req_cpu, int cpu, const char *workqueue);
void __trace_timer(enum trace_event_id id, const void *timer, const void *function, u64 now);
void __trace_page_fault(enum trace_event_id id, u64 address, u64 ip, u64 error_code);
void __trace_rcu(enum trace_event_id id, unsigned long gp_seq, const char *event, u64 a, u64 b, int lo, int hi);
void __trace_sys_enter(struct pt_regs *regs, long nr);
void __trace_sys_exit(long nr, long ret);
/* trace_print - @text, without its line end, as event "tracing_mark_write"; cut off after some 400 bytes */
void trace_print(const char *text, size_t len);

static __always_inline void trace_sched_switch(bool preempt, struct task_struct *prev, struct task_struct *next)
{
	if (trace_event_enabled(TRACE_sched_switch))
		__trace_sched_switch(preempt, prev, next);
}

#define DEFINE_TRACE_SCHED_TASK(name) \
static __always_inline void trace_##name(struct task_struct *p, int cpu) \
{ \
	if (trace_event_enabled(TRACE_##name)) \
		__trace_sched_task(TRACE_##name, p, cpu, cpu); \
}
DEFINE_TRACE_SCHED_TASK(sched_waking)		/* @cpu: where it will be queued, as far as is known */
DEFINE_TRACE_SCHED_TASK(sched_wakeup)
DEFINE_TRACE_SCHED_TASK(sched_wakeup_new)
DEFINE_TRACE_SCHED_TASK(sched_process_exit)
#undef DEFINE_TRACE_SCHED_TASK

static __always_inline void trace_sched_migrate_task(struct task_struct *p, int cpu, int dest_cpu)
{
	if (trace_event_enabled(TRACE_sched_migrate_task))
		__trace_sched_task(TRACE_sched_migrate_task, p, cpu, dest_cpu);
}
static __always_inline void trace_sched_stat_runtime(struct task_struct *p, u64 runtime, u64 vruntime)
{
	if (trace_event_enabled(TRACE_sched_stat_runtime))
		__trace_sched_stat_runtime(p, runtime, vruntime);
}
static __always_inline void trace_sched_process_fork(struct task_struct *parent, struct task_struct *child)
{
	if (trace_event_enabled(TRACE_sched_process_fork))
		__trace_sched_process_fork(parent, child);
}
static __always_inline void trace_sched_process_exec(struct task_struct *p, pid_t old_pid, const char *filename)
{
	if (trace_event_enabled(TRACE_sched_process_exec))
		__trace_sched_process_exec(p, old_pid, filename);
}
static __always_inline void trace_irq_handler_entry(int irq, const char *name)
{
	if (trace_event_enabled(TRACE_irq_handler_entry))
		__trace_irq(TRACE_irq_handler_entry, irq, name, 0);
}
static __always_inline void trace_irq_handler_exit(int irq, int ret)
{
	if (trace_event_enabled(TRACE_irq_handler_exit))
		__trace_irq(TRACE_irq_handler_exit, irq, NULL, ret);
}
static __always_inline void trace_softirq_raise(unsigned int vec)
{
	if (trace_event_enabled(TRACE_softirq_raise))
		__trace_softirq(TRACE_softirq_raise, vec);
}
static __always_inline void trace_softirq_entry(unsigned int vec)
{
	if (trace_event_enabled(TRACE_softirq_entry))
		__trace_softirq(TRACE_softirq_entry, vec);
}
static __always_inline void trace_softirq_exit(unsigned int vec)
{
	if (trace_event_enabled(TRACE_softirq_exit))
		__trace_softirq(TRACE_softirq_exit, vec);
}

/* @work is queued to a pool of @cpu (-1: an unbound one); @req_cpu: what was asked for, NR_CPUS: nothing. The pool's lock is held. */
static __always_inline void trace_workqueue_queue_work(int req_cpu, int cpu, const void *work, const void *function,
						       const char *workqueue)
{
	if (trace_event_enabled(TRACE_workqueue_queue_work))
		__trace_workqueue(TRACE_workqueue_queue_work, work, function, req_cpu, cpu, workqueue);
}
/* It may run: right after it was queued, or when others of its queue are done. The pool's lock is held. */
static __always_inline void trace_workqueue_activate_work(const void *work)
{
	if (trace_event_enabled(TRACE_workqueue_activate_work))
		__trace_workqueue(TRACE_workqueue_activate_work, work, NULL, 0, 0, NULL);
}
/* In the worker, around the call of @function. At the end @work may be no more than an address. */
static __always_inline void trace_workqueue_execute_start(const void *work, const void *function)
{
	if (trace_event_enabled(TRACE_workqueue_execute_start))
		__trace_workqueue(TRACE_workqueue_execute_start, work, function, 0, 0, NULL);
}
static __always_inline void trace_workqueue_execute_end(const void *work, const void *function)
{
	if (trace_event_enabled(TRACE_workqueue_execute_end))
		__trace_workqueue(TRACE_workqueue_execute_end, work, function, 0, 0, NULL);
}

static __always_inline void trace_timer_expire_entry(const void *timer, const void *function, u64 now)
{
	if (trace_event_enabled(TRACE_timer_expire_entry))
		__trace_timer(TRACE_timer_expire_entry, timer, function, now);
}
static __always_inline void trace_timer_expire_exit(const void *timer)
{
	if (trace_event_enabled(TRACE_timer_expire_exit))
		__trace_timer(TRACE_timer_expire_exit, timer, NULL, 0);
}
static __always_inline void trace_hrtimer_expire_entry(const void *timer, const void *function, u64 now)
{
	if (trace_event_enabled(TRACE_hrtimer_expire_entry))
		__trace_timer(TRACE_hrtimer_expire_entry, timer, function, now);
}
static __always_inline void trace_hrtimer_expire_exit(const void *timer)
{
	if (trace_event_enabled(TRACE_hrtimer_expire_exit))
		__trace_timer(TRACE_hrtimer_expire_exit, timer, NULL, 0);
}
static __always_inline void trace_page_fault(bool user, u64 address, u64 ip, u64 error_code)
{
	if (trace_event_enabled(user ? TRACE_page_fault_user : TRACE_page_fault_kernel))
		__trace_page_fault(user ? TRACE_page_fault_user : TRACE_page_fault_kernel, address, ip, error_code);
}

/*
 * System calls are not asked whether they are traced: while sys_enter or sys_exit is written, they come in by another door.
 * Called with true or false when that changes. Context: task; may sleep. [set once at boot; NULL: no system calls yet]
 */
extern void (*trace_syscalls_hook)(bool traced);

#define DEFINE_TRACE_RCU(name, proto, ...) \
static __always_inline void trace_##name proto \
{ \
	if (trace_event_enabled(TRACE_##name)) \
		__trace_rcu(TRACE_##name, __VA_ARGS__); \
}
DEFINE_TRACE_RCU(rcu_grace_period, (unsigned long gp_seq, const char *event), gp_seq, event, 0, 0, 0, 0)
DEFINE_TRACE_RCU(rcu_exp_grace_period, (unsigned long gp_seq, const char *event), gp_seq, event, 0, 0, 0, 0)
DEFINE_TRACE_RCU(rcu_quiescent_state_report, (unsigned long gp_seq, u64 mask, u64 left, int lo, int hi),
		 gp_seq, "", mask, left, lo, hi)
DEFINE_TRACE_RCU(rcu_fqs, (unsigned long gp_seq, int cpu, const char *event), gp_seq, event, 0, 0, cpu, cpu)
DEFINE_TRACE_RCU(rcu_batch_start, (u64 len, u64 limit), 0, "", len, limit, 0, 0)
DEFINE_TRACE_RCU(rcu_batch_end, (u64 invoked), 0, "", invoked, 0, 0, 0)
#undef DEFINE_TRACE_RCU

/* ---- the ring ---------------------------------------------------------------------------------------------------------- */

/* One event in a ring, 8-byte aligned; the payload follows. */
struct trace_record {
	u64 ts;			/* sched_clock() */
	u32 size;		/* bytes with this header; a multiple of 8 */
	u16 event;		/* enum trace_event_id, or TRACE_PAD */
	u8 flags;		/* TRACE_FLAG_* */
	u8 preempt_depth;
	s32 pid;		/* of the task in which it happened */
	s32 cpu;
	char comm[TRACE_COMM_LEN];
};
#define TRACE_PAD		0xffff	/* fills the end of the ring, where no whole record fits */

#define TRACE_FLAG_IRQS_OFF	0x01
#define TRACE_FLAG_NEED_RESCHED	0x04
#define TRACE_FLAG_HARDIRQ	0x08
#define TRACE_FLAG_SOFTIRQ	0x10
#define TRACE_FLAG_NMI		0x40

/* A CPU's ring. data .. size: immutable while attached. The rest: [owner]. */
struct trace_ring {
	u8 *data;		/* NULL: no ring, events are lost without being counted */
	u64 size;		/* bytes, a power of two */
	u64 head, tail;		/* positions that only grow: next record, oldest record */
	u64 written, lost;	/* records since the last reset: all; those that an NMI could not write */
	u64 entries;		/* records in the ring */
	int owner;		/* 1: a writer or a reader is inside */
};

/*
 * trace_ring_attach - give CPU @cpu @size bytes (a power of two, at least 4096) at @mem. Returns what it had before.
 * trace_ring_reset - forget all records of @cpu.
 * trace_ring_snapshot - copy the records of @cpu, oldest first and without padding, to @buf; returns bytes, at most @size. The
 *	records that do not fit are the newest. *@entries and *@written: counts.
 *
 * Context: task; the ring's writers wait meanwhile.
 */
void *trace_ring_attach(int cpu, void *mem, u64 size);
void trace_ring_reset(int cpu);
size_t trace_ring_snapshot(int cpu, void *buf, size_t size, u64 *entries, u64 *written);
/* trace_write - a record of @event with @len bytes of payload, now, in the current task. Context: any. */
void trace_write(enum trace_event_id event, const void *payload, size_t len);

/* ---- text ----------------------------------------------------------------------------------------------------------------- */

const char *trace_event_name(enum trace_event_id id);
const char *trace_event_system(enum trace_event_id id);
/* trace_format_record - one line of /proc/tracing/trace, with its line end */
void trace_format_record(struct seq_buf *s, const struct trace_record *r);
extern const char *const softirq_trace_names[];

#endif
