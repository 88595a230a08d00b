/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/debug/tracing.c - the controls of the trace: memory for the rings, which events are written, and the files.
 *
 *	/proc/tracing/trace		the records of all CPUs, merged by time, as text; truncating it forgets them. /proc/trace leads here
 *	/proc/tracing/available_events	system:event, one a line
 *	/proc/tracing/set_event		those that are written down; write "sched:*", "irq:softirq_entry", "!sched:sched_waking"
 *	/proc/tracing/tracing_on	1; write 0 to stop, and what is in the rings stays
 *	/proc/tracing/trace_marker	write a line: it appears in the trace
 *	/proc/tracing/buffer_size_kb	of each CPU; write to change, which forgets the records
 *
 *	trace_event=sched:*,irq:*	on the command line: from the first initcall on
 *	trace_buf_size=4M		of each CPU
 *
 * Names and behaviour are those of Linux's tracefs (Documentation/trace/ftrace.rst, events.rst).
 *
 * A reader of "trace" gets a copy of all rings, made when the file is opened: what it reads is from one moment, however slowly it reads,
 * and reading does not stop the writing. The copy is merged by time stamps on the way out.
 *
 * The rings get their memory when the first event is switched on. Nobody who does not trace pays for it.
 *
 * Locking: tracing_mutex around all changes. trace_event_mask is one word, read without a lock by every place that traces.
 */
#include <primer/bitops.h>
#include <primer/cpumask.h>
#include <primer/fs.h>
#include <primer/glob.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/mm.h>
#include <primer/mutex.h>
#include <primer/printk.h>
#include <primer/proc_fs.h>
#include <primer/seq_buf.h>
#include <primer/seq_file.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <primer/trace.h>
#include <primer/vmalloc.h>
#include <asm/uaccess.h>
#include <uapi/fcntl.h>

#define RING_SIZE_DEFAULT	(512UL << 10)
#define RING_SIZE_MAX		(256UL << 20)

static DEFINE_MUTEX(tracing_mutex, LOCK_RANK_DEVICE);
static u64 events_wanted = 1ULL << TRACE_print;	/* [tracing_mutex] what set_event says; trace_event_mask is this or 0 */
static bool tracing_on = true;			/* [tracing_mutex] */
static bool rings_there;			/* [tracing_mutex] */
static unsigned long ring_size = RING_SIZE_DEFAULT;	/* [tracing_mutex] bytes of each CPU, a power of two */

static char *boot_events __initdata;

static int __init trace_event_setup(char *str)
{
	boot_events = str;
	return 1;
}
__setup("trace_event=", trace_event_setup);

static unsigned long round_ring_size(unsigned long bytes)
{
	return roundup_pow_of_two(max(4096UL, min(bytes, RING_SIZE_MAX)));
}

static int __init trace_buf_size_setup(char *str)
{
	unsigned long long bytes = memparse(str, NULL);

	if (!bytes)
		return 0;
	ring_size = round_ring_size(min_t(unsigned long long, bytes, RING_SIZE_MAX));
	return 1;
}
__setup("trace_buf_size=", trace_buf_size_setup);

/* ---- rings and events ------------------------------------------------------------------------------------------------------- */

#define SYSCALL_EVENTS	(1ULL << TRACE_sys_enter | 1ULL << TRACE_sys_exit)

/* [tracing_mutex] */
static void apply_mask(void)
{
	u64 mask = tracing_on && rings_there ? events_wanted : 0;
	bool traced = mask & SYSCALL_EVENTS, was = trace_event_mask & SYSCALL_EVENTS;

	WRITE_ONCE(trace_event_mask, mask);
	if (traced != was && trace_syscalls_hook)
		trace_syscalls_hook(traced);
}

/* Rings of @size for all CPUs; the old ones are freed, with their records. -ENOMEM: nothing has changed. [tracing_mutex] */
static int allocate_rings(unsigned long size)
{
	void *fresh[NR_CPUS] = { NULL };
	int cpu;

	/* Nobody dies for a trace. */
	if ((size >> PAGE_SHIFT) * num_possible_cpus() > si_mem_available())
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		fresh[cpu] = __vmalloc(size, GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
		if (!fresh[cpu]) {
			for_each_possible_cpu(cpu)
				vfree(fresh[cpu]);
			return -ENOMEM;
		}
	}
	for_each_possible_cpu(cpu)
		vfree(trace_ring_attach(cpu, fresh[cpu], size));
	ring_size = size;
	rings_there = true;
	return 0;
}

static u64 events_that_match(const char *system, const char *event)
{
	u64 found = 0;

	for (int id = 0; id < NR_TRACE_EVENTS; id++)
		if (glob_match(system, trace_event_system(id)) && glob_match(event, trace_event_name(id)))
			found |= 1ULL << id;
	return found;
}

/* One word of set_event: [!][system:]event, with * as in names of files; "system:" means all of it. [tracing_mutex] */
static int apply_word(char *word)
{
	bool clear = *word == '!';
	char *event, *colon;
	u64 events;
	int err;

	word += clear;
	colon = strchr(word, ':');
	event = colon ? colon + 1 : word;
	if (colon)
		*colon = 0;
	events = events_that_match(colon && *word ? word : "*", *event ? event : "*");
	if (!colon)				/* a word alone may be a system as well */
		events |= events_that_match(word, "*");
	events &= ~(1ULL << TRACE_print);	/* trace_marker's is always on */
	if (!events)
		return -EINVAL;
	if (clear) {
		events_wanted &= ~events;
	} else {
		if (!rings_there) {
			err = allocate_rings(ring_size);
			if (err)
				return err;
		}
		events_wanted |= events;
	}
	apply_mask();
	return 0;
}

/* Words between blanks, commas and line ends. */
static int apply_words(char *text)
{
	char *word;
	int err = 0;

	mutex_lock(&tracing_mutex);
	while (!err && (word = strsep(&text, " ,\t\n")))
		if (*word)
			err = apply_word(word);
	mutex_unlock(&tracing_mutex);
	return err;
}

/* ---- trace -------------------------------------------------------------------------------------------------------------------- */

/* A copy of all rings, and how far each has been shown. Owned by the open file. */
struct snapshot {
	u8 *data[NR_CPUS];
	size_t used[NR_CPUS], shown[NR_CPUS];
	u64 entries, written;
	loff_t next;			/* number of the record at which shown[] stands */
};

static void free_snapshot(struct snapshot *snap)
{
	for (int cpu = 0; cpu < NR_CPUS; cpu++)
		vfree(snap->data[cpu]);
	kfree(snap);
}

static struct snapshot *take_snapshot(void)
{
	struct snapshot *snap = kzalloc(sizeof(*snap), GFP_KERNEL);
	int cpu;

	if (!snap)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&tracing_mutex);
	if (rings_there) {
		for_each_possible_cpu(cpu) {
			u64 entries, written;

			snap->data[cpu] = __vmalloc(ring_size, GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
			if (!snap->data[cpu]) {
				mutex_unlock(&tracing_mutex);
				free_snapshot(snap);
				return ERR_PTR(-ENOMEM);
			}
			snap->used[cpu] = trace_ring_snapshot(cpu, snap->data[cpu], ring_size, &entries, &written);
			snap->entries += entries;
			snap->written += written;
		}
	}
	mutex_unlock(&tracing_mutex);
	return snap;
}

/* The oldest record that has not been shown, and whose it is; NULL at the end. */
static struct trace_record *oldest(struct snapshot *snap, int *whose)
{
	struct trace_record *best = NULL;

	for (int cpu = 0; cpu < NR_CPUS; cpu++) {
		struct trace_record *r = (struct trace_record *)(snap->data[cpu] + snap->shown[cpu]);

		if (snap->shown[cpu] < snap->used[cpu] && (!best || r->ts < best->ts)) {
			best = r;
			*whose = cpu;
		}
	}
	return best;
}

static void step(struct snapshot *snap)
{
	int cpu;
	struct trace_record *r = oldest(snap, &cpu);

	if (r)
		snap->shown[cpu] += r->size;
	snap->next++;
}

/* Position 0 is the head of the text, record n is at position n + 1. */
static void *trace_start(struct seq_file *m, loff_t *pos)
{
	struct snapshot *snap = m->private;
	int cpu;

	if (!*pos)
		return SEQ_SINGLE;
	if (*pos - 1 < snap->next) {
		memset(snap->shown, 0, sizeof(snap->shown));
		snap->next = 0;
	}
	while (snap->next < *pos - 1 && oldest(snap, &cpu))
		step(snap);
	return oldest(snap, &cpu);
}

static void *trace_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct snapshot *snap = m->private;
	int cpu;

	++*pos;
	if (v != SEQ_SINGLE)
		step(snap);
	return oldest(snap, &cpu);
}

static void trace_stop(struct seq_file *m, void *v)
{
	(void)m;
	(void)v;
}

static int trace_show(struct seq_file *m, void *v)
{
	struct snapshot *snap = m->private;
	char line[640];
	struct seq_buf s;

	if (v != SEQ_SINGLE) {
		seq_buf_init(&s, line, sizeof(line));
		trace_format_record(&s, v);
		seq_write(m, line, seq_buf_used(&s));
		return 0;
	}
	seq_printf(m, "# tracer: nop\n#\n# entries-in-buffer/entries-written: %llu/%llu   #P:%u\n#\n", snap->entries, snap->written,
		   num_online_cpus());
	seq_puts(m, "#                                _-----=> irqs-off\n"
		    "#                               / _----=> need-resched\n"
		    "#                              | / _---=> hardirq/softirq\n"
		    "#                              || / _--=> preempt-depth\n"
		    "#                              ||| /\n"
		    "#           TASK-PID     CPU#  ||||   TIMESTAMP  FUNCTION\n"
		    "#              | |         |   ||||      |         |\n");
	return 0;
}

static const struct seq_operations trace_seq_ops = {
	.start = trace_start, .next = trace_next, .stop = trace_stop, .show = trace_show,
};

static int trace_open(struct inode *inode, struct file *file)
{
	struct snapshot *snap;
	int cpu, err;

	if (file->f_mode & FMODE_WRITE && file->f_flags & O_TRUNC)
		for_each_possible_cpu(cpu)
			trace_ring_reset(cpu);
	if (!(file->f_mode & FMODE_READ))
		return 0;
	snap = take_snapshot();
	if (IS_ERR(snap))
		return PTR_ERR(snap);
	err = seq_open(file, &trace_seq_ops);
	if (err)
		free_snapshot(snap);
	else
		((struct seq_file *)file->private_data)->private = snap;
	return err;
}

static int trace_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	if (!(file->f_mode & FMODE_READ))
		return 0;
	free_snapshot(m->private);
	return seq_release(inode, file);
}

/* "echo > trace" opens with O_TRUNC, which did it, and writes a line end, which is nothing. */
static ssize_t trace_write_nothing(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	return count;
}

static const struct file_operations trace_fops = {
	.open = trace_open, .read_iter = seq_read_iter, .write = trace_write_nothing, .llseek = seq_lseek, .release = trace_release,
};

/* ---- the small files --------------------------------------------------------------------------------------------------------------- */

/* Take what was written to a control as a string; kfree() it. */
static char *written_text(const char __user *buf, size_t count)
{
	char *text;

	if (count > 4096)
		return ERR_PTR(-EINVAL);
	text = kmalloc(count + 1, GFP_KERNEL);
	if (!text)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(text, buf, count)) {
		kfree(text);
		return ERR_PTR(-EFAULT);
	}
	text[count] = 0;
	return text;
}

static void show_events(struct seq_file *m, u64 events)
{
	for (int id = 0; id < NR_TRACE_EVENTS; id++)
		if (id != TRACE_print && events & 1ULL << id)
			seq_printf(m, "%s:%s\n", trace_event_system(id), trace_event_name(id));
}

static int available_events_show(struct seq_file *m, void *v)
{
	show_events(m, ~0ULL);
	return 0;
}

static int set_event_show(struct seq_file *m, void *v)
{
	mutex_lock(&tracing_mutex);
	show_events(m, events_wanted);
	mutex_unlock(&tracing_mutex);
	return 0;
}

static int set_event_open(struct inode *inode, struct file *file)
{
	if (file->f_mode & FMODE_WRITE && file->f_flags & O_TRUNC) {
		mutex_lock(&tracing_mutex);
		events_wanted = 1ULL << TRACE_print;
		apply_mask();
		mutex_unlock(&tracing_mutex);
	}
	return single_open(file, set_event_show, NULL);
}

static ssize_t set_event_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	char *text = written_text(buf, count);
	int err;

	if (IS_ERR(text))
		return PTR_ERR(text);
	err = apply_words(text);
	kfree(text);
	return err ? err : (ssize_t)count;
}

static const struct file_operations set_event_fops = {
	.open = set_event_open, .read_iter = seq_read_iter, .write = set_event_write, .llseek = seq_lseek, .release = single_release,
};

static int tracing_on_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", READ_ONCE(tracing_on));
	return 0;
}

static int tracing_on_open(struct inode *inode, struct file *file)	{ return single_open(file, tracing_on_show, NULL); }

static ssize_t tracing_on_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	char *text = written_text(buf, count);
	bool on;
	int err;

	if (IS_ERR(text))
		return PTR_ERR(text);
	err = kstrtobool(strim(text), &on);
	kfree(text);
	if (err)
		return err;
	mutex_lock(&tracing_mutex);
	tracing_on = on;
	apply_mask();
	mutex_unlock(&tracing_mutex);
	return count;
}

static const struct file_operations tracing_on_fops = {
	.open = tracing_on_open, .read_iter = seq_read_iter, .write = tracing_on_write, .llseek = seq_lseek, .release = single_release,
};

static int buffer_size_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu\n", READ_ONCE(ring_size) >> 10);
	return 0;
}

static int buffer_size_open(struct inode *inode, struct file *file)	{ return single_open(file, buffer_size_show, NULL); }

static ssize_t buffer_size_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	char *text = written_text(buf, count);
	unsigned long kib;
	int err;

	if (IS_ERR(text))
		return PTR_ERR(text);
	err = kstrtoul(strim(text), 10, &kib);
	kfree(text);
	if (!err && (!kib || kib > RING_SIZE_MAX >> 10))
		err = -EINVAL;
	if (err)
		return err;
	mutex_lock(&tracing_mutex);
	err = allocate_rings(round_ring_size(kib << 10));
	apply_mask();
	mutex_unlock(&tracing_mutex);
	return err ? err : (ssize_t)count;
}

static const struct file_operations buffer_size_fops = {
	.open = buffer_size_open, .read_iter = seq_read_iter, .write = buffer_size_write, .llseek = seq_lseek, .release = single_release,
};

static ssize_t marker_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	char text[400];
	size_t len = min(count, sizeof(text));

	if (!READ_ONCE(tracing_on))
		return -EBADF;
	if (copy_from_user(text, buf, len))
		return -EFAULT;
	trace_print(text, len);
	return len;
}

static const struct file_operations marker_fops = { .open = generic_file_open, .write = marker_write, .llseek = no_llseek };

static int __init tracing_init(void)
{
	struct proc_dir_entry *dir = proc_mkdir("tracing", NULL);

	if (!dir || !proc_create("trace", 0640, dir, &trace_fops) || !proc_create("set_event", 0640, dir, &set_event_fops) ||
	    !proc_create_single("available_events", 0440, dir, available_events_show) ||
	    !proc_create("tracing_on", 0640, dir, &tracing_on_fops) || !proc_create("trace_marker", 0220, dir, &marker_fops) ||
	    !proc_create("buffer_size_kb", 0640, dir, &buffer_size_fops) || !proc_symlink("trace", NULL, "tracing/trace"))
		pr_err("tracing: no memory for the files of /proc/tracing\n");
	if (boot_events) {
		char *copy = kstrdup(boot_events, GFP_KERNEL);
		int err = copy ? apply_words(copy) : -ENOMEM;

		if (err)
			pr_err("tracing: trace_event=%s: error %d; available: see /proc/tracing/available_events\n", boot_events, err);
		kfree(copy);
	}
	return 0;
}
core_initcall(tracing_init);
