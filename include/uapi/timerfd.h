/* SPDX-License-Identifier: GPL-2.0-only */
/* include/uapi/timerfd.h - flags of timerfd_create(2) and timerfd_settime(2). */
#ifndef UAPI_TIMERFD_H
#define UAPI_TIMERFD_H

#include <uapi/fcntl.h>

#define TFD_TIMER_ABSTIME	(1 << 0)
#define TFD_TIMER_CANCEL_ON_SET	(1 << 1)
#define TFD_CLOEXEC		O_CLOEXEC
#define TFD_NONBLOCK		O_NONBLOCK

#endif
