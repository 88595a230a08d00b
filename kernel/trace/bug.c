/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/trace/bug.c - what the UD2 instructions of BUG and WARN mean.
 *
 * The macros (primer/bug.h) leave an undefined instruction in the text and an entry in __bug_table. The exception
 * brings the registers of the very place that failed, which a called function could not see any more. Here the table
 * is searched and the report printed. The search is linear: it happens when something is wrong.
 *
 *	WARN(cond, "text")	__warn_printk(): cut here, text
 *				UD2 -> exc_invalid_op() -> report_bug(): WARNING: ..., registers, trace
 *				<- ip += 2, the function goes on
 *	BUG()			UD2 -> exc_invalid_op() -> report_bug(): kernel BUG at ...; the handler calls die()
 *
 * A report is several records; another CPU's may come between them. Each line names no CPU, but its record does
 * (caller_id).
 */
#include <primer/bug.h>
#include <primer/kdebug.h>
#include <primer/kernel.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/sprintf.h>
#include <asm/ptrace.h>
#include <asm/uaccess.h>

#define CUT_HERE	"------------[ cut here ]------------\n"

const struct bug_entry *find_bug(unsigned long ip)
{
	const struct bug_entry *bug;

	for (bug = __start___bug_table; bug < __stop___bug_table; bug++) {
		if ((unsigned long)&bug->bug_addr_disp + bug->bug_addr_disp == ip)
			return bug;
	}
	return NULL;
}

static const char *bug_file(const struct bug_entry *bug)
{
	return (const char *)&bug->file_disp + bug->file_disp;
}

void __warn_printk(const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	pr_warn(CUT_HERE);
	va_start(args, fmt);
	vaf.va = &args;
	pr_warn("%pV", &vaf);
	va_end(args);
}

static void report_warning(const struct bug_entry *bug, struct pt_regs *regs)
{
	if (!(bug->flags & BUGFLAG_NO_CUT_HERE))
		pr_warn(CUT_HERE);
	pr_warn("WARNING: CPU: %d PID: %d at %s:%d %pS\n", (int)smp_processor_id(), current ? current->pid : 0,
		bug_file(bug), bug->line, (void *)regs->ip);
	printk("Modules linked in:\n");
	show_regs(regs);
	printk(KERN_WARNING "---[ end trace %016llx ]---\n", 0ULL);
	add_taint(TAINT_WARN);
	if (panic_on_warn) {
		panic_on_warn = 0;		/* the panic itself may warn */
		panic("panic_on_warn set ...\n");
	}
}

enum bug_trap_type report_bug(unsigned long ip, struct pt_regs *regs)
{
	const struct bug_entry *bug;
	u16 insn;

	if (copy_from_kernel_nofault(&insn, (void *)ip, sizeof(insn)) || insn != INSN_UD2)
		return BUG_TRAP_TYPE_NONE;
	bug = find_bug(ip);
	if (!bug)
		return BUG_TRAP_TYPE_NONE;
	if (!(bug->flags & BUGFLAG_WARNING)) {
		pr_crit(CUT_HERE);
		pr_crit("kernel BUG at %s:%u!\n", bug_file(bug), bug->line);
		return BUG_TRAP_TYPE_BUG;
	}
	report_warning(bug, regs);
	return BUG_TRAP_TYPE_WARN;
}
