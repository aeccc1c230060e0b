"""One night to play: a small project on the stand-in GitHub, its specs, a scripted model that works on them, the bot.

with looped(folder) as loop, served(loop.github, folder) as bot:  # standins.night.loop, standins.night.bot
    loop.installed(bot.url)
    loop.issue("fixed").label("mtor", by="alice")
    ...  # until the issue has its final label; loop.log(run) is what a run printed
"""
