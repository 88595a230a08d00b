/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/uapi/auxvec.h - tags of the auxiliary vector, which stands on a new program's stack behind the environment.
 */
#ifndef UAPI_AUXVEC_H
#define UAPI_AUXVEC_H

#define AT_NULL			0	/* end */
#define AT_IGNORE		1
#define AT_EXECFD		2
#define AT_PHDR			3	/* address of the program headers */
#define AT_PHENT		4	/* size of one */
#define AT_PHNUM		5	/* number of them */
#define AT_PAGESZ		6
#define AT_BASE			7	/* where the interpreter (ld.so) is; 0: none */
#define AT_FLAGS		8
#define AT_ENTRY		9	/* the program's own entry point */
#define AT_NOTELF		10
#define AT_UID			11
#define AT_EUID			12
#define AT_GID			13
#define AT_EGID			14
#define AT_PLATFORM		15	/* address of the string "x86_64" */
#define AT_HWCAP		16	/* CPUID.1:EDX */
#define AT_CLKTCK		17	/* ticks a second in times(2) */
#define AT_SECURE		23	/* set-user-ID or the like: distrust the environment */
#define AT_BASE_PLATFORM	24
#define AT_RANDOM		25	/* address of 16 random bytes */
#define AT_HWCAP2		26
#define AT_EXECFN		31	/* address of the name that was executed */
#define AT_SYSINFO_EHDR		33	/* address of the vDSO */
#define AT_MINSIGSTKSZ		51	/* least size of a signal stack */

#endif
