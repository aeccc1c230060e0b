package net

import scala.util.Try

/** Glued. */
class Client[T](retries: Int) extends Base {
  val name = "x"

  def send(request: String): Int = {
    def local = 1
    local
  }
}

object Client {
  def open() = 1
}

trait Sender:
  def send(): Int

  def close(): Unit =
    ()

enum State:
  case Open, Closed

def helper = 1
