/* meta_keys.h - the keys of metadata, a group for each kind of message
 *
 * The numbers and names of doc/protocol.md, those that it reserves included:
 * KEY_RUN_ATTEMPTS is key 13, attempts, of its table for RUN.  A unit test
 * compares the two.  Numbers below 64 mean what their message says, those from
 * 64 on (KEY_ANY_) the same everywhere.
 */
#ifndef PAR_COMMON_META_KEYS_H
#define PAR_COMMON_META_KEYS_H

/* In any message (P6). */
enum {
    KEY_ANY_DEADLINE_MS = 64,
    KEY_ANY_PRIORITY = 65,
    KEY_ANY_ACCOUNT = 66,
    KEY_ANY_TRACE = 67,
    KEY_ANY_CONTENT = 68,
    KEY_ANY_ATTEMPT = 69,
    KEY_ANY_EXECUTED = 70,
    KEY_ANY_CODE = 71,
    KEY_ANY_TEXT = 72,
    KEY_ANY_USAGE = 73,
    KEY_ANY_EXIT = 74,
    KEY_ANY_CRITICAL = 75,
    KEY_ANY_STDERR = 76,
    KEY_ANY_HANDLE = 77,
    KEY_ANY_JOB = 78,
    KEY_ANY_RETRY_AFTER_MS = 79
};

/* Beside those in the facts of a failed run, for people (P6). */
#define FACT_WORKER "x-worker"
#define FACT_HOST   "x-host"
#define FACT_PID    "x-pid"
#define FACT_PHASE  "x-phase"

enum {
    KEY_HELLO_VERSIONS = 1,
    KEY_HELLO_ROLE = 2,
    KEY_HELLO_SESSION = 3,
    KEY_HELLO_RESUME = 4,
    KEY_HELLO_AGENT = 5,
    KEY_HELLO_FEATURES = 6,
    KEY_HELLO_EPOCH = 7,
    KEY_HELLO_CREDIT = 15,
    KEY_HELLO_LINGER_MS = 17,
    KEY_HELLO_NAME = 18,
    KEY_HELLO_POOLS = 20,
    KEY_HELLO_RESOURCES = 21,
    KEY_HELLO_OPEN = 22,
    KEY_HELLO_HAVE = 23,
    KEY_HELLO_LABELS = 24,
    KEY_HELLO_HOST = 25
};

/* Inside KEY_HELLO_HOST. */
enum {
    KEY_HOST_NAME = 1,
    KEY_HOST_PID = 2,
    KEY_HOST_UID = 3,
    KEY_HOST_MACHINE = 4,
    KEY_HOST_IO_SLOTS = 5,
    KEY_HOST_ID = 6
};

enum {
    KEY_WELCOME_VERSION = 1,
    KEY_WELCOME_SESSION = 3,
    KEY_WELCOME_RESUME = 4,
    KEY_WELCOME_EPOCH = 7,
    KEY_WELCOME_RESUMED = 10,
    KEY_WELCOME_HEARTBEAT_MS = 11,
    KEY_WELCOME_LIMITS = 12,
    KEY_WELCOME_FEATURES = 13,
    KEY_WELCOME_SERVER = 14,
    KEY_WELCOME_CREDIT = 15,
    KEY_WELCOME_ALTERNATIVES = 16,
    KEY_WELCOME_NAME = 18,
    KEY_WELCOME_DISOWNED = 22
};

/* Inside KEY_WELCOME_LIMITS. */
enum { KEY_LIMIT_ITEM = 1, KEY_LIMIT_ITEMS = 2, KEY_LIMIT_QUEUED = 3 };

enum { KEY_PING_WORKER = 2 };

enum { KEY_CREDIT_GRANTS = 1, KEY_CREDIT_STREAM = 2 };

enum { KEY_STREAM_NUMBER = 1 };

enum { KEY_CANCEL_GRACE_MS = 21 };

/* REGISTER and UNREGISTER, and READY in answer. */
enum { KEY_REGISTER_PATHS = 1, KEY_REGISTER_HANDLES = 1 };

/* RECALL and RECALLED. */
enum { KEY_RECALL_IDS = 1 };

/* RESOLVE; its answer is a READY. */
enum { KEY_RESOLVE_NAME = 1, KEY_RESOLVE_PREFIX = 2 };

enum { KEY_BLOB_HASH = 1, KEY_BLOB_LENGTH = 2 };

enum { KEY_STATUS_WHAT = 1, KEY_STATUS_LIMIT = 2, KEY_STATUS_MORE = 3 };

/* RUN: the options of a run (P7). */
enum {
    KEY_RUN_PATH = 1,
    KEY_RUN_WORKER = 2,
    KEY_RUN_HOST = 3,
    KEY_RUN_LABELS = 4,
    KEY_RUN_RESOURCES = 5,
    KEY_RUN_STRICT = 6,
    KEY_RUN_CLASS = 7,
    KEY_RUN_POOL = 8,
    KEY_RUN_LIMIT = 9,
    KEY_RUN_DEPENDS = 10,
    KEY_RUN_NOT_BEFORE = 11,
    KEY_RUN_KEEP = 12,
    KEY_RUN_ATTEMPTS = 13,
    KEY_RUN_CRASH_LIMIT = 14,
    KEY_RUN_RETRY_ON = 15,
    KEY_RUN_BACK_OFF = 16,
    KEY_RUN_TIMEOUT_MS = 17,
    KEY_RUN_QUEUE_MS = 18,
    KEY_RUN_UNPLACEABLE_MS = 19,
    KEY_RUN_CANCEL = 20,
    KEY_RUN_GRACE_MS = 21,
    KEY_RUN_RESULT_TTL_MS = 22,
    KEY_RUN_JOB_LABELS = 23,
    KEY_RUN_PROCESS = 24,
    KEY_RUN_OUTPUTS = 25,
    KEY_RUN_INPUT = 28,
    KEY_RUN_KEY = 30,
    KEY_RUN_GRANTS = 31
};

/* The manifest (P8). */
enum {
    KEY_MANIFEST_NAME = 1,
    KEY_MANIFEST_KIND = 2,
    KEY_MANIFEST_FUNCTIONS = 3,
    KEY_MANIFEST_FILES = 4,
    KEY_MANIFEST_HOOKS = 5,
    KEY_MANIFEST_ENV = 6,
    KEY_MANIFEST_LIMITS = 7,
    KEY_MANIFEST_SANDBOX = 8,
    KEY_MANIFEST_CLEANUP = 11,
    KEY_MANIFEST_CAPS = 12,
    KEY_MANIFEST_SIGNATURE = 13,
    KEY_MANIFEST_SIGNER = 14,
    KEY_MANIFEST_NOT_AFTER = 15,
    KEY_MANIFEST_ARGV = 18,
    KEY_MANIFEST_LOCAL = 20
};

/* Inside KEY_MANIFEST_LOCAL. */
enum {
    KEY_LOCAL_HOST_ID = 1,
    KEY_LOCAL_UID = 2,
    KEY_LOCAL_CWD = 3,
    KEY_LOCAL_UMASK = 4,
    KEY_LOCAL_ENV = 5
};

/* SETUP (P8). */
enum {
    KEY_SETUP_WAIT = 9,
    KEY_SETUP_LIFETIME = 10,
    KEY_SETUP_CALL = 16,
    KEY_SETUP_TARGET = 17,
    KEY_SETUP_UNPLACEABLE_MS = 19,
    KEY_SETUP_OWNER = 20
};

/* READY, after SETUP or RESOLVE. */
enum {
    KEY_READY_WORKERS = 1,
    KEY_READY_FUNCTIONS = 2,
    KEY_READY_NAMES = 3,
    KEY_READY_MORE = 4
};

/* Call and target are SETUP's. */
enum {
    KEY_CLOSE_CALL = 16,
    KEY_CLOSE_TARGET = 17,
    KEY_CLOSE_MODE = 26,
    KEY_CLOSE_TIMEOUT_MS = 27
};

/* SETUP and CLOSE on the slot pipe (P14). */
enum {
    KEY_PIPE_PATH = 1,
    KEY_PIPE_FOLDER = 2,
    KEY_PIPE_RUN_HOOKS = 3,
    KEY_PIPE_HOOKS = 5,
    KEY_PIPE_ORIGIN = 6,
    KEY_PIPE_CALL = 16,
    KEY_PIPE_WORKER = 30,
    KEY_PIPE_NUMBER = 31,
    KEY_PIPE_HOST = 32
};

#endif
