/* parslot - the process that runs the functions of a shared object
 *
 * Started by a nanny, with a pipe and a page (slot.h); doc/protocol.md P14.
 */
#include "config.h"

#include "slot.h"

int main(void)
{
    return slot_process(NULL, 0);
}
