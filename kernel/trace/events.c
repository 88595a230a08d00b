/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/trace/events.c - what each trace event remembers, and its text.
 *
 * Writing and reading are far apart in time: when the text is made, the task may be gone. So an event copies what its text needs - names,
 * numbers - and nothing that has to be followed. The copies are short; making text is left to whoever reads.
 *
 *	place			record				text
 *	trace_sched_wakeup(p)	comm, pid, prio, cpu	->	sched_wakeup: comm=cat pid=7 prio=120 target_cpu=000
 *
 * The left part of a line is the same for all events:
 *
 *	            task-PID     [CPU] flags  seconds: event: ...
 *	             cat-7       [000] d.h2    12.345678: sched_wakeup: comm=cat pid=7 prio=120 target_cpu=000
 *	                               |||'-- depth of preempt_disable()
 *	                               ||'--- h hard interrupt, s softirq, H both, z NMI
 *	                               |'---- N: the task shall be preempted
 *	                               '----- d: interrupts are off
 *
 * Locking: none here. A record is put together on the stack of whoever comes by, and trace_write() (ring.c) copies it,
 * in any context and with any lock held. Text is made from a copy of the ring that is the reader's own.
 *
 * Texts and columns are Linux's (include/trace/events, Documentation/trace/ftrace.rst): tools read them. An event is
 * one macro there, which makes the record, its text, and a description of the record for tools, and events can be
 * filtered by what is in them (kernel/trace/trace_events.c).
 */
#include <primer/bitops.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/sched.h>
#include <primer/seq_buf.h>
#include <primer/string.h>
#include <primer/trace.h>
#include <asm/ptrace.h>

/* The names that softirqs have in a trace, by number. */
const char *const softirq_trace_names[] = {
	"HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU",
};

/* A name of a task, without the blanks that would end a field for a program that reads the text. */
static void copy_comm(char *to, const char *comm)
{
	int i;

	for (i = 0; i < TRACE_COMM_LEN - 1 && comm[i]; i++)
		to[i] = comm[i] == ' ' || comm[i] == '\n' || comm[i] == '\t' ? '_' : comm[i];
	memset(to + i, 0, TRACE_COMM_LEN - i);
}

/* As /proc/PID/stat has it. The scheduler's own function stands above this room. */
static char state_letter(const struct task_struct *p)
{
	static const char letters[] = "RSDTtXZPI";
	unsigned int state = READ_ONCE(p->state);

	if ((state & TASK_IDLE) == TASK_IDLE)
		return 'I';
	return state & TASK_DEAD ? 'X' : letters[fls((state | p->exit_state) & TASK_REPORT)];
}

/* ---- writing -------------------------------------------------------------------------------------------------------------------- */

void __trace_sched_switch(bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct trace_sched_switch e = {
		.prev_pid = prev->pid, .prev_prio = prev->prio, .next_pid = next->pid, .next_prio = next->prio,
		.prev_state = preempt ? 'R' : state_letter(prev), .preempted = preempt,
	};

	copy_comm(e.prev_comm, prev->comm);
	copy_comm(e.next_comm, next->comm);
	trace_write(TRACE_sched_switch, &e, sizeof(e));
}

void __trace_sched_task(enum trace_event_id id, struct task_struct *p, int cpu, int dest_cpu)
{
	struct trace_sched_task e = { .pid = p->pid, .prio = p->prio, .cpu = cpu, .dest_cpu = dest_cpu };

	copy_comm(e.comm, p->comm);
	trace_write(id, &e, sizeof(e));
}

void __trace_sched_stat_runtime(struct task_struct *p, u64 runtime, u64 vruntime)
{
	struct trace_sched_stat_runtime e = { .pid = p->pid, .runtime = runtime, .vruntime = vruntime };

	copy_comm(e.comm, p->comm);
	trace_write(TRACE_sched_stat_runtime, &e, sizeof(e));
}

void __trace_sched_process_fork(struct task_struct *parent, struct task_struct *child)
{
	struct trace_sched_process_fork e = { .pid = parent->pid, .child_pid = child->pid };

	copy_comm(e.comm, parent->comm);
	copy_comm(e.child_comm, child->comm);
	trace_write(TRACE_sched_process_fork, &e, sizeof(e));
}

void __trace_rcu(enum trace_event_id id, unsigned long gp_seq, const char *event, u64 a, u64 b, int lo, int hi)
{
	struct trace_rcu e = { .gp_seq = (s64)gp_seq, .a = a, .b = b, .lo = lo, .hi = hi };

	strscpy(e.event, event, sizeof(e.event));
	trace_write(id, &e, sizeof(e));
}

/* The file's name follows the two numbers. */
void __trace_sched_process_exec(struct task_struct *p, pid_t old_pid, const char *filename)
{
	struct {
		s32 pid, old_pid;
		char filename[120];
	} e = { .pid = p->pid, .old_pid = old_pid };

	strscpy(e.filename, filename, sizeof(e.filename));
	trace_write(TRACE_sched_process_exec, &e, 8 + strlen(e.filename) + 1);
}

void __trace_irq(enum trace_event_id id, int irq, const char *name, int ret)
{
	struct trace_irq e = { .irq = irq, .ret = ret };

	if (name)
		strscpy(e.name, name, sizeof(e.name));
	trace_write(id, &e, name ? sizeof(e) : 8);
}

void __trace_softirq(enum trace_event_id id, unsigned int vec)
{
	struct trace_softirq e = { .vec = vec };

	trace_write(id, &e, sizeof(e));
}

/* Only queue_work has what is behind the function. */
void __trace_workqueue(enum trace_event_id id, const void *work, const void *function, int req_cpu, int cpu, const char *workqueue)
{
	struct trace_workqueue e = { .work = (u64)work, .function = (u64)function, .req_cpu = (u32)req_cpu, .cpu = (u32)cpu };

	if (workqueue)
		strscpy(e.workqueue, workqueue, sizeof(e.workqueue));
	trace_write(id, &e, workqueue ? sizeof(e) : offsetof(struct trace_workqueue, req_cpu));
}

void __trace_timer(enum trace_event_id id, const void *timer, const void *function, u64 now)
{
	struct trace_timer e = { .timer = (u64)timer, .function = (u64)function, .now = now };

	trace_write(id, &e, sizeof(e));
}

void __trace_page_fault(enum trace_event_id id, u64 address, u64 ip, u64 error_code)
{
	struct trace_page_fault e = { .address = address, .ip = ip, .error_code = error_code };

	trace_write(id, &e, sizeof(e));
}

void (*trace_syscalls_hook)(bool traced) __ro_after_init;

void __trace_sys_enter(struct pt_regs *regs, long nr)
{
	struct trace_sys_enter e = { .nr = nr, .args = { regs->di, regs->si, regs->dx, regs->r10, regs->r8, regs->r9 } };

	trace_write(TRACE_sys_enter, &e, sizeof(e));
}

void __trace_sys_exit(long nr, long ret)
{
	struct trace_sys_exit e = { .nr = nr, .ret = ret };

	trace_write(TRACE_sys_exit, &e, sizeof(e));
}

void trace_print(const char *text, size_t len)
{
	char line[401];

	if (!trace_event_enabled(TRACE_print))
		return;
	len = min_t(size_t, len, sizeof(line) - 1);
	memcpy(line, text, len);
	while (len && line[len - 1] == '\n')
		len--;
	for (size_t i = 0; i < len; i++)
		if (line[i] == '\n' || !line[i])
			line[i] = ' ';
	line[len] = 0;
	trace_write(TRACE_print, line, len + 1);
}

/* ---- reading ----------------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *system, *name;
} event_names[NR_TRACE_EVENTS] = {
#define TRACE_NAME(sys, event) [TRACE_##event] = { #sys, #event },
	TRACE_EVENTS(TRACE_NAME)
#undef TRACE_NAME
};

const char *trace_event_name(enum trace_event_id id)	{ return event_names[id].name; }
const char *trace_event_system(enum trace_event_id id)	{ return event_names[id].system; }

static const char *softirq_name(u32 vec)
{
	return vec < sizeof(softirq_trace_names) / sizeof(softirq_trace_names[0]) ? softirq_trace_names[vec] : "?";
}

static void format_payload(struct seq_buf *s, const struct trace_record *r)
{
	const void *payload = r + 1;

	switch ((enum trace_event_id)r->event) {
	case TRACE_sched_switch: {
		const struct trace_sched_switch *e = payload;

		seq_buf_printf(s, "prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%c%s ==> next_comm=%s next_pid=%d next_prio=%d",
			       e->prev_comm, e->prev_pid, e->prev_prio, e->prev_state, e->preempted ? "+" : "", e->next_comm,
			       e->next_pid, e->next_prio);
		return;
	}
	case TRACE_sched_waking:
	case TRACE_sched_wakeup:
	case TRACE_sched_wakeup_new: {
		const struct trace_sched_task *e = payload;

		seq_buf_printf(s, "comm=%s pid=%d prio=%d target_cpu=%03d", e->comm, e->pid, e->prio, e->cpu);
		return;
	}
	case TRACE_sched_migrate_task: {
		const struct trace_sched_task *e = payload;

		seq_buf_printf(s, "comm=%s pid=%d prio=%d orig_cpu=%d dest_cpu=%d", e->comm, e->pid, e->prio, e->cpu,
			       e->dest_cpu);
		return;
	}
	case TRACE_sched_process_exit: {
		const struct trace_sched_task *e = payload;

		seq_buf_printf(s, "comm=%s pid=%d prio=%d", e->comm, e->pid, e->prio);
		return;
	}
	case TRACE_sched_stat_runtime: {
		const struct trace_sched_stat_runtime *e = payload;

		seq_buf_printf(s, "comm=%s pid=%d runtime=%llu [ns] vruntime=%llu [ns]", e->comm, e->pid, e->runtime, e->vruntime);
		return;
	}
	case TRACE_sched_process_fork: {
		const struct trace_sched_process_fork *e = payload;

		seq_buf_printf(s, "comm=%s pid=%d child_comm=%s child_pid=%d", e->comm, e->pid, e->child_comm, e->child_pid);
		return;
	}
	case TRACE_sched_process_exec: {
		const s32 *pids = payload;

		seq_buf_printf(s, "filename=%s pid=%d old_pid=%d", (const char *)(pids + 2), pids[0], pids[1]);
		return;
	}
	case TRACE_irq_handler_entry: {
		const struct trace_irq *e = payload;

		seq_buf_printf(s, "irq=%d name=%s", e->irq, e->name);
		return;
	}
	case TRACE_irq_handler_exit: {
		const struct trace_irq *e = payload;

		seq_buf_printf(s, "irq=%d ret=%s", e->irq, e->ret ? "handled" : "unhandled");
		return;
	}
	case TRACE_softirq_raise:
	case TRACE_softirq_entry:
	case TRACE_softirq_exit: {
		const struct trace_softirq *e = payload;

		seq_buf_printf(s, "vec=%u [action=%s]", e->vec, softirq_name(e->vec));
		return;
	}
	case TRACE_workqueue_queue_work: {
		const struct trace_workqueue *e = payload;

		/* The queue by its name, as from Linux 5.12 on: its address says nothing. */
		seq_buf_printf(s, "work struct=%p function=%ps workqueue=%s req_cpu=%u cpu=%u", (void *)e->work, (void *)e->function,
			       e->workqueue, e->req_cpu, e->cpu);
		return;
	}
	case TRACE_workqueue_activate_work: {
		const struct trace_workqueue *e = payload;

		seq_buf_printf(s, "work struct %p", (void *)e->work);
		return;
	}
	case TRACE_workqueue_execute_start:
	case TRACE_workqueue_execute_end: {
		const struct trace_workqueue *e = payload;

		seq_buf_printf(s, "work struct %p: function %ps", (void *)e->work, (void *)e->function);
		return;
	}
	case TRACE_timer_expire_entry:
	case TRACE_hrtimer_expire_entry: {
		const struct trace_timer *e = payload;

		seq_buf_printf(s, "%s=0x%llx function=%ps now=%llu", r->event == TRACE_timer_expire_entry ? "timer" : "hrtimer",
			       e->timer, (void *)e->function, e->now);
		return;
	}
	case TRACE_timer_expire_exit:
	case TRACE_hrtimer_expire_exit: {
		const struct trace_timer *e = payload;

		seq_buf_printf(s, "%s=0x%llx", r->event == TRACE_timer_expire_exit ? "timer" : "hrtimer", e->timer);
		return;
	}
	case TRACE_page_fault_user:
	case TRACE_page_fault_kernel: {
		const struct trace_page_fault *e = payload;

		seq_buf_printf(s, "address=0x%llx ip=%ps error_code=0x%llx", e->address, (void *)e->ip, e->error_code);
		return;
	}
	case TRACE_rcu_grace_period:
	case TRACE_rcu_exp_grace_period: {
		const struct trace_rcu *e = payload;

		seq_buf_printf(s, "rcu_sched %lld %s", e->gp_seq, e->event);
		return;
	}
	case TRACE_rcu_quiescent_state_report: {
		const struct trace_rcu *e = payload;

		seq_buf_printf(s, "rcu_sched %lld %llx>%llx %d %d", e->gp_seq, e->a, e->b, e->lo, e->hi);
		return;
	}
	case TRACE_rcu_fqs: {
		const struct trace_rcu *e = payload;

		seq_buf_printf(s, "rcu_sched %lld %d %s", e->gp_seq, e->lo, e->event);
		return;
	}
	case TRACE_rcu_batch_start: {
		const struct trace_rcu *e = payload;

		seq_buf_printf(s, "rcu_sched CBs=%llu bl=%llu", e->a, e->b);
		return;
	}
	case TRACE_rcu_batch_end: {
		const struct trace_rcu *e = payload;

		seq_buf_printf(s, "rcu_sched CBs-invoked=%llu", e->a);
		return;
	}
	case TRACE_sys_enter: {
		const struct trace_sys_enter *e = payload;

		seq_buf_printf(s, "NR %lld (%llx, %llx, %llx, %llx, %llx, %llx)", e->nr, e->args[0], e->args[1], e->args[2],
			       e->args[3], e->args[4], e->args[5]);
		return;
	}
	case TRACE_sys_exit: {
		const struct trace_sys_exit *e = payload;

		seq_buf_printf(s, "NR %lld = %lld", e->nr, e->ret);
		return;
	}
	case TRACE_print:
		seq_buf_printf(s, "%s", (const char *)payload);
		return;
	case NR_TRACE_EVENTS:
		break;
	}
	seq_buf_printf(s, "unknown event %u", r->event);
}

static char context_letter(u8 flags)
{
	if (flags & TRACE_FLAG_NMI)
		return flags & TRACE_FLAG_HARDIRQ ? 'Z' : 'z';
	if (flags & TRACE_FLAG_HARDIRQ)
		return flags & TRACE_FLAG_SOFTIRQ ? 'H' : 'h';
	return flags & TRACE_FLAG_SOFTIRQ ? 's' : '.';
}

void trace_format_record(struct seq_buf *s, const struct trace_record *r)
{
	char comm[TRACE_COMM_LEN] = "<idle>", depth = '.';
	u64 usec = r->ts / 1000;

	if (r->pid)
		copy_comm(comm, r->comm);
	if (r->preempt_depth)
		depth = r->preempt_depth < 10 ? '0' + r->preempt_depth : 'a' + min(r->preempt_depth - 10, 5);
	seq_buf_printf(s, "%16s-%-7d [%03d] %c%c%c%c %5llu.%06llu: %s: ", comm, r->pid, r->cpu,
		       r->flags & TRACE_FLAG_IRQS_OFF ? 'd' : '.', r->flags & TRACE_FLAG_NEED_RESCHED ? 'N' : '.',
		       context_letter(r->flags), depth, usec / 1000000, usec % 1000000,
		       r->event == TRACE_print ? "tracing_mark_write" :
		       r->event < NR_TRACE_EVENTS ? event_names[r->event].name : "?");
	format_payload(s, r);
	seq_buf_putc(s, '\n');
}
