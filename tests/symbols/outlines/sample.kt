package net

import java.util.Date

/** Glued. */
@Service
class Client<T>(val retries: Int) : Base() {
    val name: String = "x"

    constructor(a: String) : this(1)

    fun send(request: String): Int {
        val local = 1
        return local
    }

    companion object {
        fun open() {}
    }
}

enum class State {
    OPEN,
    CLOSED
}

object Registry {
    const val LIMIT = 3
}

fun Client<Int>.extended() = 1

typealias Id = Int
