/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/sysinfo.c - the calls that ask the kernel about itself and about the caller.
 *
 * Prints only what every kernel with this interface must answer alike, when it is run as root with nothing special.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static void say(const char *what, long ret)
{
	if (ret == -1)
		printf("%s: errno %d\n", what, errno);
	else
		printf("%s: ok\n", what);
}

static void clocks(void)
{
	static const int ids[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
				   CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME };

	for (unsigned int i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct timespec a, b, res;
		long r1 = syscall(SYS_clock_gettime, ids[i], &a), r2 = syscall(SYS_clock_gettime, ids[i], &b);

		printf("clock %d: %ld %ld, does not run backwards: %d, nanoseconds in range: %d, resolution %ld\n",
		       ids[i], r1, r2, b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec),
		       b.tv_nsec < 1000000000, syscall(SYS_clock_getres, ids[i], &res));
	}
	say("no such clock", syscall(SYS_clock_gettime, 77, &(struct timespec){ 0 }));
	say("clock to nowhere", syscall(SYS_clock_gettime, CLOCK_REALTIME, 8));
	struct timeval tv;
	struct timespec ts;
	time_t t;

	say("gettimeofday", syscall(SYS_gettimeofday, &tv, NULL));
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &ts);
	t = syscall(SYS_time, NULL);
	/* time() may be as old as the last tick: just after a second begins it still tells the one before. */
	printf("one time: %d\n", ts.tv_sec - tv.tv_sec <= 1 && t - tv.tv_sec <= 1 && t >= tv.tv_sec - 1);
}

int main(void)
{
	struct { struct { uint32_t version; int pid; } head; uint32_t data[6]; } cap = { .head = { 0, 0 } };
	struct utsname uts;
	struct sysinfo si;
	struct rlimit lim;
	struct rusage ru;
	unsigned char random[300] = "";
	char comm[16] = "";
	gid_t groups[64];
	unsigned int cpu = 9999, node = 99, zeroes = 0;

	setvbuf(stdout, NULL, _IOFBF, 16384);
	say("uname", uname(&uts));
	printf("%s %s\n", uts.sysname, uts.machine);
	printf("ids: %d %d %d %d\n", getuid(), geteuid(), getgid(), getegid());
	printf("one thread: %d\n", getpid() == syscall(SYS_gettid));
	printf("groups: %d\n", getgroups(64, groups) >= 0);
	say("groups -1", syscall(SYS_getgroups, -1, groups));
	printf("group of nobody: %d\n", syscall(SYS_getpgid, 999999) == -1 && errno == ESRCH);
	printf("tid address: %d\n", syscall(SYS_set_tid_address, &cpu) == getpid());
	say("robust list", syscall(SYS_set_robust_list, &cap, 24));
	say("robust list of wrong size", syscall(SYS_set_robust_list, &cap, 25));
	say("set name", prctl(PR_SET_NAME, "a-name-that-is-too-long"));
	say("get name", prctl(PR_GET_NAME, comm));
	printf("name: %s\n", comm);
	say("name from nowhere", prctl(PR_SET_NAME, 8));
	printf("dumpable: %d\n", prctl(PR_GET_DUMPABLE));
	say("dumpable 5", prctl(PR_SET_DUMPABLE, 5));
	say("no such option", prctl(12345));
	printf("no new privileges: %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	say("arch_prctl: no such option", syscall(SYS_arch_prctl, 0x9999, 0));
	say("FS base in the kernel", syscall(SYS_arch_prctl, 0x1002, 0xffff800000000000UL));
	printf("personality: %x\n", personality(0xffffffff) & 0xff);
	say("getrlimit", getrlimit(RLIMIT_STACK, &lim));
	printf("stack limit: %d\n", lim.rlim_cur >= 8 << 20 && lim.rlim_cur <= lim.rlim_max);
	say("getrusage", getrusage(RUSAGE_SELF, &ru));
	printf("usage: %d %d\n", ru.ru_minflt > 0, ru.ru_maxrss > 0);
	say("getrusage of whom", getrusage(77, &ru));
	printf("times: %d\n", times(&(struct tms){ 0 }) != (clock_t)-1);
	say("sysinfo", sysinfo(&si));
	printf("memory: %d\n", si.totalram > si.freeram && si.freeram > 0 && si.mem_unit > 0);
	say("getcpu", syscall(SYS_getcpu, &cpu, &node, NULL));
	printf("cpu and node: %d\n", cpu < 1024 && node < 99);
	printf("getrandom: %ld\n", syscall(SYS_getrandom, random, sizeof(random), 0));
	for (unsigned int i = 0; i < sizeof(random); i++)
		zeroes += !random[i];
	printf("looks random: %d\n", zeroes < 20);
	say("getrandom flags", syscall(SYS_getrandom, random, 1, 0x100));
	say("getrandom to nowhere", syscall(SYS_getrandom, 8, 16, 0));
	say("capget version", syscall(SYS_capget, &cap.head, NULL));
	printf("version %x\n", cap.head.version);
	say("capget", syscall(SYS_capget, &cap.head, cap.data));
	say("reboot without magic", syscall(SYS_reboot, 1, 2, 3, 0));
	say("yield", syscall(SYS_sched_yield));
	clocks();
	printf("sysinfo: done\n");
	return 0;
}
