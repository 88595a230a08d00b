/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/nmi.h - who handles non-maskable interrupts.
 *
 * An NMI says nothing about its reason: each handler of a type is asked in turn and returns how many events it found. NMI_LOCAL
 * handlers (another CPU's request for a backtrace) are asked first; if none claims the NMI, port 61h is read, and what
 * nobody knows goes to NMI_UNKNOWN, then to the log.
 */
#ifndef ASM_NMI_H
#define ASM_NMI_H

#include <primer/types.h>

struct pt_regs;

enum { NMI_LOCAL, NMI_UNKNOWN, NMI_SERR, NMI_IO_CHECK, NMI_MAX };
#define NMI_DONE	0
#define NMI_HANDLED	1

typedef int (*nmi_handler_t)(unsigned int type, struct pt_regs *regs);

/* [next: written by who changes the list, read by NMIs at any time; the rest: immutable while registered] */
struct nmiaction {
	struct nmiaction *next;
	nmi_handler_t handler;
	const char *name;
};

/*
 * register_nmi_handler - ask @action->handler at each NMI of @type; @action is the kernel's until unregister_nmi_handler(), which
 *	returns when no CPU can be in the handler any more
 *
 * The handler runs in NMI context: no lock that is not a trylock, nothing that may fault. Context: any but NMI; unregister: task.
 */
void register_nmi_handler(unsigned int type, struct nmiaction *action);
void unregister_nmi_handler(unsigned int type, struct nmiaction *action);

/* nmi_handle - ask the handlers of @type; how many events they handled. default_do_nmi - the whole of it. Context: NMI. */
int nmi_handle(unsigned int type, struct pt_regs *regs);
void default_do_nmi(struct pt_regs *regs);

#endif
