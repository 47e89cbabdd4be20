"""A Bot API server on loopback that python-telegram-bot talks to unmodified.

with BotApi() as api:
    ada = api.person("Ada")
    chat = api.private(ada)
    api.say(chat, ada, "/start")
    ... a bot at TELEGRAM_API_URL=api.url with token api.token ...
    answer = api.wait_for(lambda message: "subscribed" in message.text)
"""

from tests.fakes.bot_api.api import BOT, TOKEN, BotApi
from tests.fakes.bot_api.limits import Limits, Rate
from tests.fakes.bot_api.shapes import Delivered, FakeChat, FakeUser
from tests.fakes.bot_api.state import Fault

__all__ = ["BOT", "TOKEN", "BotApi", "Delivered", "FakeChat", "FakeUser", "Fault", "Limits", "Rate"]
