#include <stdio.h>

#define LIMIT 3
#define SQUARE(x) ((x) * (x))

/* Glued. */
struct client {
    int retries;
    char *name;
};

typedef struct { int a; } pair;
typedef int (*handler)(int);

enum state {
    OPEN,
    CLOSED
};

static int count = 0;
static int prototype(int x);

static char *
name_of(struct client *c)
{
    int local = 1;
    return c->name;
}

#ifdef WITH_SEND
int send(int x) { return x; }
#else
int send(int x) { return -x; }
#endif
