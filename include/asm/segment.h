/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/segment.h - the selectors of the GDT.
 *
 * The order is fixed by two instructions (Intel SDM vol. 2): SYSCALL loads CS from STAR[47:32] and SS from the next entry;
 * SYSRET loads SS from STAR[63:48] + 8 and CS from STAR[63:48] + 16. So user data stands before user code.
 */
#ifndef ASM_SEGMENT_H
#define ASM_SEGMENT_H

#define GDT_ENTRY_KERNEL32_CS	1
#define GDT_ENTRY_KERNEL_CS	2
#define GDT_ENTRY_KERNEL_DS	3
#define GDT_ENTRY_USER32_CS	4
#define GDT_ENTRY_USER_DS	5
#define GDT_ENTRY_USER_CS	6
#define GDT_ENTRY_TSS		8	/* 16 bytes: two entries */
#define GDT_ENTRY_CPUNODE	15	/* its limit holds the CPU number: readable from ring 3 with LSL */
#define GDT_ENTRIES		16

#define __KERNEL32_CS		(GDT_ENTRY_KERNEL32_CS * 8)
#define __KERNEL_CS		(GDT_ENTRY_KERNEL_CS * 8)
#define __KERNEL_DS		(GDT_ENTRY_KERNEL_DS * 8)
#define __USER32_CS		(GDT_ENTRY_USER32_CS * 8 + 3)
#define __USER_DS		(GDT_ENTRY_USER_DS * 8 + 3)
#define __USER_CS		(GDT_ENTRY_USER_CS * 8 + 3)
#define __CPUNODE_SEG		(GDT_ENTRY_CPUNODE * 8 + 3)

#endif
