/* SPDX-License-Identifier: GPL-2.0-only */
/* include/asm/prctl.h - arch_prctl(): the FS and GS base of current. */
#ifndef ASM_PRCTL_H
#define ASM_PRCTL_H

#define ARCH_SET_GS	0x1001
#define ARCH_SET_FS	0x1002
#define ARCH_GET_FS	0x1003
#define ARCH_GET_GS	0x1004

/* do_arch_prctl_64 - set (@arg: base) or get (@arg: where to put it, a user address); 0, -EPERM, -EFAULT, -EINVAL. */
long do_arch_prctl_64(int option, unsigned long arg);

#endif
