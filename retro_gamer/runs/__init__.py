"""What do a run's files say, and are they to be believed?"""
