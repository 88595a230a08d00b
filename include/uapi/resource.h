/* SPDX-License-Identifier: GPL-2.0-only */
/* include/uapi/resource.h - limits and usage of a process. */
#ifndef UAPI_RESOURCE_H
#define UAPI_RESOURCE_H

#define RLIMIT_CPU		0	/* seconds */
#define RLIMIT_FSIZE		1
#define RLIMIT_DATA		2
#define RLIMIT_STACK		3
#define RLIMIT_CORE		4
#define RLIMIT_RSS		5
#define RLIMIT_NPROC		6
#define RLIMIT_NOFILE		7
#define RLIMIT_MEMLOCK		8
#define RLIMIT_AS		9
#define RLIMIT_LOCKS		10
#define RLIMIT_SIGPENDING	11
#define RLIMIT_MSGQUEUE		12
#define RLIMIT_NICE		13
#define RLIMIT_RTPRIO		14
#define RLIMIT_RTTIME		15	/* us */
#define RLIM_NLIMITS		16

#define RLIM_INFINITY		(~0UL)
#define _STK_LIM		(8UL * 1024 * 1024)
#define INR_OPEN_CUR		1024
#define INR_OPEN_MAX		4096
#define MLOCK_LIMIT		(64UL * 1024)
#define MQ_BYTES_MAX		819200

struct rlimit {
	unsigned long rlim_cur;
	unsigned long rlim_max;
};
struct rlimit64 {
	unsigned long long rlim_cur;
	unsigned long long rlim_max;
};

#define RUSAGE_SELF		0
#define RUSAGE_CHILDREN		(-1)
#define RUSAGE_THREAD		1

struct rusage {
	struct { long tv_sec, tv_usec; } ru_utime, ru_stime;
	long ru_maxrss;			/* KiB */
	long ru_ixrss, ru_idrss, ru_isrss;
	long ru_minflt, ru_majflt;
	long ru_nswap;
	long ru_inblock, ru_oublock;
	long ru_msgsnd, ru_msgrcv;
	long ru_nsignals;
	long ru_nvcsw, ru_nivcsw;
};

#define PRIO_MIN		(-20)
#define PRIO_MAX		20
#define PRIO_PROCESS		0
#define PRIO_PGRP		1
#define PRIO_USER		2

#endif
