/* How weights move, for the other files of the kernel. */
#ifndef GLASSGPT_OPTIMIZERS_H
#define GLASSGPT_OPTIMIZERS_H

#include "glassgpt.h"

/* The norm of all gradients together; 0 for step 0. */
double grad_norm(const glassgpt *g);

/* By how much to multiply gradients of this norm: 1, or less to clip them. */
double clip_factor(const glassgpt_training *how, double norm);

/* Clips grads where their norm is finite; returns it as it was before that. */
double clip_grads(glassgpt *g, const glassgpt_training *how);

/* 1 - beta^t after t updates: how much of an average that began at 0 is filled.
   1 where the training corrects nothing. */
double bias_correction(const glassgpt_training *how, double beta, int step);

#endif
