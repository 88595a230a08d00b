/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/chacha.h - the ChaCha20 block function (RFC 8439, section 2.3). */
#ifndef PRIMER_CHACHA_H
#define PRIMER_CHACHA_H

#include <primer/types.h>

#define CHACHA_KEY_WORDS	8
#define CHACHA_STATE_WORDS	16
#define CHACHA_BLOCK_SIZE	64	/* bytes */

/* chacha_init - @state from a 256-bit key, a block counter and a 96-bit nonce */
void chacha_init(u32 state[CHACHA_STATE_WORDS], const u32 key[CHACHA_KEY_WORDS], u32 counter, const u32 nonce[3]);
/* chacha20_block - the next 64 bytes of key stream; the counter in @state goes up by one */
void chacha20_block(u32 state[CHACHA_STATE_WORDS], u8 out[CHACHA_BLOCK_SIZE]);

#endif
