/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/utsname.h - the names that uname(2) tells; the fixed ones are in version.h. */
#ifndef PRIMER_UTSNAME_H
#define PRIMER_UTSNAME_H

#include <primer/rwsem.h>
#include <uapi/utsname.h>

extern struct new_utsname system_utsname;	/* nodename and domainname: [uts_sem] */
extern struct rw_semaphore uts_sem;

static inline struct new_utsname *utsname(void)		{ return &system_utsname; }
static inline struct new_utsname *init_utsname(void)	{ return &system_utsname; }

#endif
