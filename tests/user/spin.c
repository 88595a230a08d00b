/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/user/spin.c - say so and stay in ring 3 for ever: for tests that look at the machine from outside. */
#include <unistd.h>

int main(void)
{
	static const char words[] = "spin: here\n";

	if (write(1, words, sizeof(words) - 1) < 0)
		return 1;
	for (;;)
		__asm__ volatile("pause");
}
