package feeds

// Example is the commented piece of rosterload.yaml that `init --feed` writes.
const Example = `feeds:
  # files that another system drops: each is loaded once, and answered
  hr:
    target: prod                       # one of targets:
    folder: /srv/hr                    # files come here; processing, held, done, failed and answers are made in it
    # match: "*.csv"                   # a pattern of file names
    # settle: 10s                      # size and time unchanged for so long; 0s takes a file at once
    # ready: settle                    # settle, or marker (NAME.ok), checksum (NAME.sha256), trailer (TRAILER,<rows> as the last line)
    # give_up: 1h                      # a file that is not ready by then is refused, and told why
    # mode: changes                    # changes, or full: the file names all users who should have one of the groups it owns
    # owns: [Cardio East, Cardio West] # the groups this feed may assign and take away, or all; full needs it
    # take_over: false                 # true: users who hold a group of others may be given one of these
    # columns: {user: EmployeeNumber, group: Department}
    # values: departments.csv          # two columns: HR's word, group; a blank group is a removal
    # values_fold: false               # true: the case of HR's words does not count
    # rules:                           # instead of values: the first that is true decides
    #   - {when: 'Country == "DE" && Role startsWith "Rep"', group: Cardio East}
    #   - {when: 'Status in ["left", "retired"]', group: ""}
    #   - {otherwise: skip}            # or fail, as without this line
    # protect: [ceo@acme.example]      # no run of this feed changes them; or file:PATH
    # expect: {rows: 500..5000, change: 30%, new: true, rising: true}   # what is not so is held for a person
    # unknown: send                    # full: lines whose user is not known keep the absent; or hold, or a number that is tolerated
    # answers: answers                 # folder of the answers
    # answers_mode: "0640"
    # report: true                     # a report, one HTML page, is among the answers
    # na: reject                       # as in a target, and winning over it: blank, na, duplicates, max_removals, max_failed, wait
`
