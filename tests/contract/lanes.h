/* lanes.h - run one case on every transport and kind of slot */
#ifndef PAR_TESTS_CONTRACT_LANES_H
#define PAR_TESTS_CONTRACT_LANES_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include "rig.h"

/* No pointers: parameters travel to another process. */
struct lane {
    int transport;
    int slots;
};

/* A case gets `on`, and begins with START(n): a rig `r` with n slots. */
#define ON_EVERY_LANE(name)                                                    \
    ParameterizedTestParameters(contract, name)                                \
    {                                                                          \
        static struct lane lanes[RIG_TRANSPORTS * RIG_SLOTS];                  \
                                                                               \
        for (int i = 0; i < RIG_TRANSPORTS * RIG_SLOTS; i++)                   \
            lanes[i] = (struct lane){i % RIG_TRANSPORTS, i / RIG_TRANSPORTS};  \
        return cr_make_param_array(struct lane, lanes,                         \
                                   RIG_TRANSPORTS * RIG_SLOTS);                \
    }                                                                          \
    ParameterizedTest(struct lane *on, contract, name, .timeout = 90)

/* A case about processes: thread slots share our fate, and say so. */
#define ON_PROCESS_LANES(name)                                                 \
    ParameterizedTestParameters(contract, name)                                \
    {                                                                          \
        static struct lane lanes[RIG_TRANSPORTS];                              \
                                                                               \
        for (int i = 0; i < RIG_TRANSPORTS; i++)                               \
            lanes[i] = (struct lane){i, RIG_PROCESS};                          \
        return cr_make_param_array(struct lane, lanes, RIG_TRANSPORTS);        \
    }                                                                          \
    ParameterizedTest(struct lane *on, contract, name, .timeout = 90)

#define START(n)                                                               \
    struct rig r;                                                              \
    __attribute__((unused)) struct par_error err = {0};                        \
                                                                               \
    rig_start(&r, (enum rig_transport)on->transport,                           \
              (enum rig_slots)on->slots, n)

#endif
